"""A new agency: ``template`` is one that runs, and ``agency`` writes it under another name."""

"""A new agency: ``template`` is an agency that runs, and ``agency`` copies it under another name."""

"""What the exchange remembers: the journal drained into SQL, searchable."""

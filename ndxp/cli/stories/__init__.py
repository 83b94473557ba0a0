"""Stories of the demo: what happens in the nation, told in the terminal as it goes through the exchange."""

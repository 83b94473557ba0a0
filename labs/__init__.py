"""The labs that come with the exchange: each knows only ``ndxp``, and no other lab."""

"""What a member of the exchange installs: contracts, client, agency kit, the synthetic nation and the command."""

__version__ = "0.1.0"

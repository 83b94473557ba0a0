"""The provider's half: a server that takes calls from the gateway only, and a database for what changes."""

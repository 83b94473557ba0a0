"""The sandbox: a whole exchange on this machine, in a run folder of its own."""

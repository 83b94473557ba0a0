"""A class on a running exchange: groups that join by a code, each with labs, subsystems and a view of its own."""

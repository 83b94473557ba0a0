"""What is the same on both sides of a call: its metadata, status and health, certificates, traces and assertion."""

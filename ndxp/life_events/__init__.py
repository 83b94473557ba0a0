"""The contract of the linked life events."""

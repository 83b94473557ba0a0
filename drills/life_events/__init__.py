"""The drill of life events: births and deaths on their way through all agencies, while processes are killed."""

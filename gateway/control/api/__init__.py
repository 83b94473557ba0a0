"""The routes of the admin API, and the shapes of what they take and give."""

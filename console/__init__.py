"""The console: pages that show an exchange in a browser. It asks the admin API, as any operator's program does."""

"""Crash drills: processes killed, disks filled and connections cut under load; nobody's answer may be lost."""

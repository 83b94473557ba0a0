"""The Chromium of this machine, for tests that look at pages."""

import shutil

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
"""Without windows if there is one: the whole browser works more for the same pages."""

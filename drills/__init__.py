"""Drills: cause failures and attacks on purpose, and check the exchange's promises afterwards."""

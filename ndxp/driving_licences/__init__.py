"""The contract of the driving licences."""

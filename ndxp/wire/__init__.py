"""What both sides of a call share: metadata, status, health, certificates, traces and assertion."""

"""One command that starts the whole workspace on loopback, and ends all of it: `python -m backend.up`."""

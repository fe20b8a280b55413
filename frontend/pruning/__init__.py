"""Pruning: a form that says what is reachable, and sessions that are watched while the network shapes itself."""

"""Runs, networks and accelerators side by side."""

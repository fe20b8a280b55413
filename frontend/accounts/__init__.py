"""Signing in and up, and passwords."""

"""Campaigns: described, estimated, watched, paused, extended."""

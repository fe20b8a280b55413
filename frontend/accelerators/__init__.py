"""Accelerators: presets and a project's own."""

"""Accelerators: presets and a project's own, what they cost and reach, their Verilog."""

"""A simulation's report: figures, plots, and why."""

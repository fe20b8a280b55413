"""Passes over the float network, one file each. `hwservice.pipeline.FRONT_PASSES` says which run, in order."""

from hwservice.passes.manage import Pass, run_passes

__all__ = ["Pass", "run_passes"]

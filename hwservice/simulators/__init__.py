"""Simulators of the accelerator: the RTL itself under Verilator, and a fast twin without RTL for tests of other things."""

from hwservice.simulators.null import simulate_null
from hwservice.simulators.result import SimulationOptions, SimulationResult
from hwservice.simulators.verilated import build_simulator, simulate

__all__ = ["SimulationOptions", "SimulationResult", "build_simulator", "simulate", "simulate_null"]

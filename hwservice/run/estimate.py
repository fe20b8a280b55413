"""The closed-form cycle model beside the measurement."""

from contracts import expert
from hwservice.ir.program import Program
from hwservice.run.report import Estimate


def estimate(program: Program) -> Estimate:
    """The expert's cycles for a program, in all and per layer."""
    layers = expert.cycles(program.shape, program.accelerator)
    return Estimate(sum(layers), layers)

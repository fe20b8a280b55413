"""The closed-form cycle model beside the measurement."""

from hwservice.run.compiled import CompiledNetwork
from hwservice.run.report import Estimate


def estimate(compiled: CompiledNetwork) -> Estimate | None:  # noqa: ARG001  # no closed form yet
    """The expert's cycles for a compiled network."""
    return None

"""How the service runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.job import JobKind
from servicekit.api import settings
from servicekit.jobs.task import Limits

PORT: Final = 8101
TOKEN_VARIABLE: Final = "PROPRUNN_HWSERVICE_TOKEN"  # noqa: S105  # its name


def usual_limits() -> dict[JobKind, Limits]:
    """Time and memory of one attempt, by kind."""
    return {
        JobKind.COMPILE: Limits(seconds=600, memory_bytes=6 << 30),
        JobKind.SIMULATE: Limits(seconds=3600, memory_bytes=8 << 30),
        JobKind.ELABORATE: Limits(seconds=900, memory_bytes=6 << 30),
        JobKind.EVALUATE: Limits(seconds=3600, memory_bytes=8 << 30),
        JobKind.CAMPAIGN: Limits(seconds=7 * 86_400, memory_bytes=8 << 30, silent_seconds=1800),
    }


@dataclass(frozen=True)
class Settings(settings.Settings):
    """All that can be chosen.

    Attributes:
        network_bytes: largest network that is taken.
        data_bytes: largest npz file that is taken.
        gate: what checking one upload may use.
    """

    limits: Mapping[JobKind, Limits] = field(default_factory=usual_limits)
    network_bytes: int = 256 << 20
    data_bytes: int = 512 << 20
    gate: Limits = field(default_factory=lambda: Limits(seconds=60, memory_bytes=4 << 30))

"""How the learning service runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from contracts.job import JobKind
from servicekit.api import settings
from servicekit.jobs.task import Limits

PORT: Final = 8102
TOKEN_VARIABLE: Final = "PROPRUNN_MLSERVICE_TOKEN"  # noqa: S105  # its name


def usual_limits() -> dict[JobKind, Limits]:
    """Time and memory of one attempt, by kind."""
    session = Limits(seconds=7 * 86_400, memory_bytes=6 << 30)
    return {
        JobKind.FIT_PREDICTOR: Limits(seconds=3600, memory_bytes=6 << 30),
        JobKind.TRAIN: session,
        JobKind.PRUNE: session,
        JobKind.PARETO: replace(session, seconds=28 * 86_400),
    }


@dataclass(frozen=True)
class Settings(settings.Settings):
    """All that can be chosen.

    Attributes:
        table_bytes: largest table that is taken.
        predictor_bytes: largest zip of a predictor that is taken.
        data_set_bytes: largest data set (npz) that is taken.
        report_bytes: largest report of a session that is taken.
        gate: what checking one upload may use.
        predictors: where trained predictors are kept; in the service's folder where absent.
    """

    limits: Mapping[JobKind, Limits] = field(default_factory=usual_limits)
    table_bytes: int = 1 << 30
    predictor_bytes: int = 256 << 20
    data_set_bytes: int = 1 << 30
    report_bytes: int = 1 << 20
    gate: Limits = field(default_factory=lambda: Limits(seconds=60, memory_bytes=4 << 30))
    predictors: Path | None = None

    @property
    def registry(self) -> Path:
        """The folder of trained predictors."""
        return self.predictors or self.folder / "predictors"

    @property
    def runs(self) -> Path:
        """The folder of training sessions that are not complete."""
        return self.folder / "runs"

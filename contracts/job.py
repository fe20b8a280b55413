"""Jobs as services and backend see them: states, kinds, failures, events.

The backend's database is the durable truth; services forget.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class JobKind(StrEnum):
    """What services do for others; nothing else is accepted from the wire."""

    COMPILE = "compile"
    SIMULATE = "simulate"
    ELABORATE = "elaborate"
    EVALUATE = "evaluate"
    CAMPAIGN = "campaign"
    FIT_PREDICTOR = "fit_predictor"
    TRAIN = "train"
    PRUNE = "prune"
    PARETO = "pareto"


class ServiceName(StrEnum):
    """Who carries out jobs."""

    HARDWARE = "hwservice"
    LEARNING = "mlservice"


KINDS_OF: Final[Mapping[ServiceName, tuple[JobKind, ...]]] = {
    ServiceName.HARDWARE: (JobKind.COMPILE, JobKind.SIMULATE, JobKind.ELABORATE, JobKind.EVALUATE, JobKind.CAMPAIGN),
    ServiceName.LEARNING: (JobKind.FIT_PREDICTOR, JobKind.TRAIN, JobKind.PRUNE, JobKind.PARETO),
}
"""What each service does; every kind belongs to one."""


def service_of(kind: JobKind) -> ServiceName:
    """Who carries out jobs of a kind."""
    return next(name for name, kinds in KINDS_OF.items() if kind in kinds)


class JobState(StrEnum):
    """`queued → running → completed | failed | cancelling → cancelled`."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @property
    def done(self) -> bool:
        """Nothing will change any more."""
        return self in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)


class CampaignState(StrEnum):
    """The state of a campaign: that of its newest job, with a word of its own for what was stopped to go on."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class FailureClass(StrEnum):
    """Who can do something about a failure."""

    INPUT = "input"
    """The request: never tried again as it is."""
    CAPACITY = "capacity"
    """Too much memory or time, or an accelerator too small."""
    INFRASTRUCTURE = "infrastructure"
    """The machine: tried again with back-off, not charged to the user."""
    BUG = "bug"
    """This program."""


class EventKind(StrEnum):
    """What an event carries in `data`."""

    STATE = "state"
    """`state`, and `failure` or `result` where it is the last one."""
    PROGRESS = "progress"
    """`phase`, `index`, `phases`, `fraction`, `seconds_left`."""
    LOG = "log"
    """`line`."""
    METRICS = "metrics"
    """Of a training session: `share` of it that is done (0 to 1), `step` of `steps`, `loss` in nats, `learning_rate`."""
    EPOCH = "epoch"
    """An epoch ended: `share`, `epoch` (from 0), mean `loss`, `validation_accuracy` (0 to 1, or null)."""
    SHAPE = "shape"
    """The network's shape was decided: `share`, `step`, `budget` of the moment and `cost` in `unit`, `predicted` by metric, `multiplier`, and
    `kept` by layer: filters, share of their weight vectors, filters of the dense network."""

    RUN = "run"
    """Of a sweep: a `run` is to come, began, ended or failed (`mark`), with `method`, `budget`, `seed`, `done` of `total`, `why` it failed, and
    its `figures`."""


TOLD: Final = (EventKind.METRICS, EventKind.EPOCH, EventKind.SHAPE, EventKind.RUN)
"""Events that hand on what a training session tells: they change nothing of the job itself."""


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, in words for its user."""

    failure_class: FailureClass
    code: str
    """Name of the error, such as `NetworkError`."""
    message: str

    def to_mapping(self) -> dict[str, str]:
        """As JSON carries it."""
        return {"class": self.failure_class.value, "code": self.code, "message": self.message}


@dataclass(frozen=True)
class JobEvent:
    """One thing that happened to an attempt; `sequence` counts from 1 without gaps."""

    job: str
    attempt: int
    sequence: int
    time: float
    """Seconds since 1970."""
    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        return {
            "job": self.job,
            "attempt": self.attempt,
            "sequence": self.sequence,
            "time": self.time,
            "kind": self.kind.value,
            "data": dict(self.data),
        }

"""What goes over the wire between any service and its callers: the models that OpenAPI is made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.job import FailureClass, JobKind, JobState

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of a file's content.")]


class Strict(BaseModel):
    """Refuses fields that it does not know."""

    model_config = ConfigDict(extra="forbid")


class FileView(BaseModel):
    """An uploaded file."""

    digest: str
    size_bytes: int
    name: str
    facts: dict[str, Any] = Field(description="What the gate found: shapes, layers, parameters.")
    url: str


class FailureView(BaseModel):
    """Why an attempt failed."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    failure_class: FailureClass = Field(alias="class")
    code: str
    message: str


class ArtifactView(BaseModel):
    """A file that a job made."""

    digest: str
    size_bytes: int
    media_type: str
    name: str
    url: str


class JobView(BaseModel):
    """A job with its newest attempt."""

    id: str
    attempt: int
    kind: JobKind
    state: JobState
    done: bool = Field(description="Nothing will change any more.")
    success: bool
    failed: bool
    failure: FailureView | None = None
    result: dict[str, Any] | None = Field(default=None, description="A simulation's is `{report: …}`.")
    artifacts: dict[str, ArtifactView] = Field(description="program, listing, verilog, counters, report, outputs, wave")
    phase: str | None = None
    fraction: float | None = Field(default=None, description="What is done of the phase, 0 to 1.")
    seconds_left: float | None = Field(default=None, description="Of the phase, extrapolated.")
    created: float = Field(description="Seconds since 1970, as all times.")
    started: float | None = None
    ended: float | None = None
    last_event: int = Field(description="Sequence number of the newest event: a cursor.")
    options: dict[str, Any]
    url: str
    events_url: str


class JobList(BaseModel):
    """Jobs in the order in which they came."""

    items: list[JobView]
    next: str | None = Field(default=None, description="Pass as `after` to go on.")


class EventView(BaseModel):
    """One thing that happened."""

    job: str
    attempt: int
    sequence: int
    time: float
    kind: str
    data: dict[str, Any]


class EventList(BaseModel):
    """Events after a cursor."""

    items: list[EventView]
    next: int = Field(description="Pass as `after` to go on.")
    done: bool = Field(description="The job is over and this is the end.")


class WorkerView(BaseModel):
    """Something that runs jobs."""

    name: str
    host: str
    slots: int
    running: int
    silent_s: float = Field(description="Seconds since it was last heard of.")


class Workers(BaseModel):
    """Who runs jobs, and for which version of the code."""

    version: str
    executor: str
    workers: list[WorkerView]


class Health(BaseModel):
    """The service works, and how busy it is."""

    status: str
    slots: int
    running: int
    waiting: int
    code: str = Field(description="Digest over the code: two with one digest give the same results for the same job.")

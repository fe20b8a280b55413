"""What goes over the wire: the models that OpenAPI is made of."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, TypeAdapter, WithJsonSchema

from contracts.accelerator import Accelerator
from contracts.job import FailureClass, JobKind, JobState
from hwservice.run.request import MAXIMUM_INPUTS

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of a file's content.")]
Dimension = Annotated[int, Field(ge=1, le=1 << 20, strict=True)]
AcceleratorFields = Annotated[
    dict[str, Any],
    WithJsonSchema({**TypeAdapter(Accelerator).json_schema(), "additionalProperties": False}),
    Field(description="An accelerator's fields; those left out have defaults."),
]


class Strict(BaseModel):
    """Refuses fields that it does not know."""

    model_config = ConfigDict(extra="forbid")


class AcceleratorView(BaseModel):
    """An accelerator with what follows from its parameters."""

    name: str
    rows: int
    lanes: int
    bank_depth: int
    vector_depth: int
    list_depth: int
    record_depth: int
    queue_depth: int
    dram_bytes: int
    dram_latency: int
    clock_mhz: float
    clock_origin: str
    board: str
    dram: str
    digest: str = Field(description="Over hardware parameters and instruction set version; stands in every program.")
    isa_version: int
    cells: int
    on_chip_bytes: int


class AcceleratorList(BaseModel):
    """The accelerators that ship."""

    items: list[AcceleratorView]


class FileView(BaseModel):
    """An uploaded file."""

    digest: str
    size_bytes: int
    name: str
    facts: dict[str, Any] = Field(description="What the gate found: shapes, layers, parameters.")
    url: str


class CompileOptions(Strict):
    """Options of a `compile` job."""

    network: Digest
    accelerator: str | AcceleratorFields = Field(default="pynq-8x32", description="A preset's name, or fields.")
    calibration: Digest | None = None
    scales: str = Field(default="general", pattern="^(general|power-of-two)$")
    dims: dict[Annotated[str, Field(max_length=200)], Dimension] = Field(default_factory=dict, max_length=16)


class SimulateOptions(CompileOptions):
    """Options of a `simulate` job."""

    inputs: Digest | None = None
    count: StrictInt = Field(default=1, ge=1, le=MAXIMUM_INPUTS)
    energy_table: str | None = Field(default=None, pattern="^[a-z0-9-]{1,40}$", description="The name of a table.")
    trace: StrictBool = Field(default=False, description="Keep a wave dump as artifact `wave`.")
    simulator: str = Field(default="rtl", pattern="^(rtl|null)$", description="`null` measures nothing; for tests.")


class ElaborateOptions(Strict):
    """Options of an `elaborate` job."""

    accelerator: str | AcceleratorFields = "pynq-8x32"


class CompileAttempt(Strict):
    """An attempt of a `compile` job."""

    kind: Literal[JobKind.COMPILE]
    options: CompileOptions


class SimulateAttempt(Strict):
    """An attempt of a `simulate` job."""

    kind: Literal[JobKind.SIMULATE]
    options: SimulateOptions


class ElaborateAttempt(Strict):
    """An attempt of an `elaborate` job."""

    kind: Literal[JobKind.ELABORATE]
    options: ElaborateOptions


AttemptBody = Annotated[CompileAttempt | SimulateAttempt | ElaborateAttempt, Field(discriminator="kind")]


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

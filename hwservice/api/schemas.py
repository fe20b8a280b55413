"""What goes over the wire to this service: the models that OpenAPI is made of, beside those that all services share."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt, TypeAdapter, WithJsonSchema

from contracts.accelerator import Accelerator
from contracts.job import JobKind
from contracts.quantisation import CALIBRATION_METHODS, LEAST_PERCENTILE, SCALES
from hwservice.run.request import MAXIMUM_INPUTS
from servicekit.api.schemas import Digest, Strict

Dimension = Annotated[int, Field(ge=1, le=1 << 20, strict=True)]
AcceleratorFields = Annotated[
    dict[str, Any],
    WithJsonSchema({**TypeAdapter(Accelerator).json_schema(), "additionalProperties": False}),
    Field(description="An accelerator's fields; those left out have defaults."),
]


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


class NetworkOptions(Strict):
    """How a network becomes an integer network."""

    network: Digest
    calibration: Digest | None = None
    scales: str = Field(default="general", pattern=f"^({'|'.join(SCALES)})$")
    calibration_method: str = Field(
        default="auto", pattern=f"^({'|'.join(CALIBRATION_METHODS)})$", description="How ranges are chosen."
    )
    percentile: float = Field(default=99.99, ge=LEAST_PERCENTILE, le=100, description="For method `percentile`.")
    dims: dict[Annotated[str, Field(max_length=200)], Dimension] = Field(default_factory=dict, max_length=16)


class CompileOptions(NetworkOptions):
    """Options of a `compile` job."""

    accelerator: str | AcceleratorFields = Field(default="pynq-8x32", description="A preset's name, or fields.")


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


class EvaluateOptions(NetworkOptions):
    """Options of an `evaluate` job; accuracy does not depend on the accelerator."""

    inputs: Digest = Field(description="An npz file with images under `input` and their classes under `label`.")
    count: StrictInt | None = Field(default=None, ge=1, description="Only so many, the first ones; all unless given.")


class CampaignOptions(Strict):
    """Options of a `campaign` job."""

    definition: dict[str, Any] = Field(description="The campaign: what a TOML file would hold, as JSON.")
    workers: StrictInt = Field(default=0, ge=0, le=256, description="Processes; as many as processors where 0.")
    simulator: str = Field(default="rtl", pattern="^(rtl|null)$", description="`null` measures nothing; for tests.")


class DefinitionBody(Strict):
    """A campaign that is asked about."""

    definition: dict[str, Any] = Field(description="The campaign: what a TOML file would hold, as JSON.")


class PartForecast(BaseModel):
    """What one part of a campaign will take."""

    family: str
    rows: int
    minutes: float


class CampaignForecast(BaseModel):
    """What a campaign will take: an estimate from some of its networks, priced without compiling them."""

    name: str
    networks: int
    rows: int
    cycles: float = Field(description="That will be simulated.")
    minutes: float = Field(description="On all processors of this machine, training included.")
    trainings: int = Field(description="Networks that are trained, repeats included.")
    training_minutes: float
    processors: int
    parts: list[PartForecast]


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


class EvaluateAttempt(Strict):
    """An attempt of an `evaluate` job."""

    kind: Literal[JobKind.EVALUATE]
    options: EvaluateOptions


class CampaignAttempt(Strict):
    """An attempt of a `campaign` job."""

    kind: Literal[JobKind.CAMPAIGN]
    options: CampaignOptions


AttemptBody = Annotated[
    CompileAttempt | SimulateAttempt | ElaborateAttempt | EvaluateAttempt | CampaignAttempt,
    Field(discriminator="kind"),
]

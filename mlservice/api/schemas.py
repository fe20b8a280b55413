"""What goes over the wire to this service: the models that OpenAPI is made of, beside those that all services share."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, JsonValue, StrictInt, TypeAdapter, WithJsonSchema

from contracts.accelerator import Accelerator
from contracts.dataset import SPLITS
from contracts.job import JobKind
from contracts.learning import Options, ParetoOptions, PruneOptions, ReachableOptions, TrainOptions
from mlservice.predictors.kinds import KINDS, USUAL
from mlservice.predictors.targets import LEARNED, Target
from mlservice.predictors.train import EVERYTHING
from servicekit.api.schemas import Digest, Strict

MOST_QUERIES = 1000
PredictorName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}(@[1-9][0-9]{0,5})?$", description="`name`, or `name@version`.")
]


class FitPredictorOptions(Strict):
    """Options of a `fit_predictor` job."""

    networks: Digest = Field(description="The data set's table of networks, uploaded to /v1/tables.")
    layers: Digest | None = Field(default=None, description="Its table of layers; kinds per layer need it.")
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="What it is called; versions count up.")
    kind: str = Field(default="hybrid", pattern=f"^({'|'.join(KINDS)})$")
    target: str = Field(default=Target.LATENCY.value, pattern=f"^({'|'.join(LEARNED)})$")
    split: str = Field(default="random", pattern=f"^({'|'.join((*SPLITS, EVERYTHING))})$")
    seed: StrictInt = Field(default=0, ge=0, le=2**31 - 1)
    compare: list[Annotated[str, Field(pattern=f"^({'|'.join(KINDS)})$")]] = Field(
        default=list(USUAL), max_length=len(KINDS), description="Kinds to judge beside it on every split; [] for none."
    )
    curve: bool = Field(default=True, description="Whether to find out how its error falls with more simulations.")


class FitPredictorAttempt(Strict):
    """An attempt of a `fit_predictor` job."""

    kind: Literal[JobKind.FIT_PREDICTOR]
    options: FitPredictorOptions


def _fields_of(options: type[Options], text: str) -> Any:
    """The JSON schema of options that `contracts.learning` checks."""
    return WithJsonSchema({**TypeAdapter(options).json_schema(), "additionalProperties": False, "description": text})


TrainFields = Annotated[dict[str, JsonValue], _fields_of(TrainOptions, "Options of a `train` job.")]
PruneFields = Annotated[dict[str, JsonValue], _fields_of(PruneOptions, "Options of a `prune` job.")]
ParetoFields = Annotated[dict[str, JsonValue], _fields_of(ParetoOptions, "Options of a `pareto` job.")]
ReachableFields = Annotated[dict[str, JsonValue], _fields_of(ReachableOptions, "A network on data and an accelerator.")]


Former = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")], ...],
    Field(
        max_length=50,
        description="Jobs of the same options that ended early, the last one first: goes on with what they left.",
    ),
]


class TrainAttempt(Strict):
    """An attempt of a `train` job."""

    former: Former = ()
    kind: Literal[JobKind.TRAIN]
    options: TrainFields


class PruneAttempt(Strict):
    """An attempt of a `prune` job."""

    former: Former = ()
    kind: Literal[JobKind.PRUNE]
    options: PruneFields


class ParetoAttempt(Strict):
    """An attempt of a `pareto` job."""

    former: Former = ()
    kind: Literal[JobKind.PARETO]
    options: ParetoFields


SessionBody = Annotated[TrainAttempt | PruneAttempt | ParetoAttempt, Field(discriminator="kind")]
AttemptBody = Annotated[FitPredictorAttempt | TrainAttempt | PruneAttempt | ParetoAttempt, Field(discriminator="kind")]


class CheckView(BaseModel):
    """A job that would be taken."""

    kind: JobKind


class ReachableView(BaseModel):
    """What a network costs at least, with half of its channels, and as it is."""

    name: str = Field(description="`least`, `half` or `dense`.")
    latency_ms: float
    energy_mj: float
    params: int
    macs: int


class ReachableList(BaseModel):
    """Which budgets can be kept: from the least on."""

    network: str
    data: str
    accelerator: str
    cost: str
    origin: str
    items: list[ReachableView]


class NetworkView(BaseModel):
    """A network that can be trained."""

    name: str
    says: str
    least_pixels: int = Field(description="Height and width that images need.")


class NetworkList(BaseModel):
    """Networks by name; classifiers of torchvision are known besides."""

    items: list[NetworkView]


class DataSetView(BaseModel):
    """Data that is known by name."""

    name: str
    says: str
    image_shape: list[int]
    classes: int
    found: bool = Field(description="It is on this machine.")


class DataSetList(BaseModel):
    """Data by name; others are uploaded."""

    items: list[DataSetView]


class MethodView(BaseModel):
    """A way to meet a budget."""

    name: str
    says: str
    ignores_budget: bool


class CostView(BaseModel):
    """Who foretells costs."""

    name: str
    says: str


class MethodList(BaseModel):
    """Methods, and who can foretell costs for them."""

    items: list[MethodView]
    costs: list[CostView]


class PredictorView(BaseModel):
    """What is known of a trained predictor."""

    name: str
    version: int
    kind: str
    target: str
    data_digest: str
    rows: int
    accelerators: list[str]
    families: list[str]
    split: str
    scores: dict[str, Any]
    features: str
    seed: int
    created: str
    schema_version: int


class PredictorList(BaseModel):
    """All trained predictors, by name and version."""

    items: list[PredictorView]


AcceleratorFields = Annotated[
    dict[str, JsonValue],
    WithJsonSchema({**TypeAdapter(Accelerator).json_schema(), "additionalProperties": False}),
    Field(description="An accelerator's fields; those left out have defaults."),
]


class QueryBody(Strict):
    """A network on an accelerator."""

    structure: dict[str, JsonValue] = Field(description="As `contracts.structure` writes it: version, input, layers.")
    accelerator: str | AcceleratorFields = Field(default="pynq-8x32", description="A preset's name, or fields.")
    energy_table: str = Field(default="", pattern="^[a-z0-9-]{0,40}$", description="Empty: that of the board.")


class PredictBody(Strict):
    """Some queries."""

    queries: list[QueryBody] = Field(min_length=1, max_length=MOST_QUERIES)
    target: str | None = Field(
        default=None, pattern=f"^({'|'.join(Target)})$", description="Default: what it was fitted to."
    )
    inputs: bool = Field(default=False, description="Hand out what the predictor's ONNX file is asked with.")


class PredictionView(BaseModel):
    """One answer."""

    value: float
    low: float = Field(description="Lower end of the 90 % interval.")
    high: float
    outside: bool = Field(description="Unlike the networks it was fitted to: the interval may not hold.")
    expert: float | None = Field(description="The closed form's estimate, in the same unit; of accuracy there is none.")
    inputs: dict[str, Any] | None = Field(
        default=None,
        description="`names`, `features` and `scales`: the value in ms or mJ is the sum of exp(model(features[k])) x scales[k].",
    )


class PredictionList(BaseModel):
    """Answers in the order of the queries."""

    predictor: str
    target: str
    unit: str
    origin: str
    microseconds: float = Field(description="For each query, features not included.")
    items: list[PredictionView]

"""What each kind of job asks of the service, from checked references to projects' rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.db.models import Q

from backend.jobs.models import Job
from backend.workspace.models import Accelerator, DataFile, NetworkVersion, Project
from contracts.accelerator import PRESETS
from contracts.accelerator import Accelerator as AcceleratorFields
from contracts.dataset import LAYERS, NETWORKS
from contracts.errors import AcceleratorError, InputError
from contracts.job import JobKind, JobState
from contracts.learning import OptionError, ParetoOptions, PruneOptions, SessionOptions, TrainOptions

MAXIMUM_INPUTS: Final = 10_000
LABELS: Final = "label"
"""Under which key a data file holds classes."""
SESSIONS: Final[Mapping[JobKind, type[SessionOptions]]] = {
    JobKind.TRAIN: TrainOptions,
    JobKind.PRUNE: PruneOptions,
    JobKind.PARETO: ParetoOptions,
}
"""Jobs that train, with what each takes."""
DATA_SETS: Final = "data-sets"
"""What files of images and their classes are to the learning service."""
REPORT: Final = "report"
"""What a session's report is called among its files."""
_TABLES: Final = (NETWORKS, LAYERS)
"""Of a data set, and the names of a campaign's artifacts."""


class OrderError(InputError):
    """A wish that cannot be carried out.

    Attributes:
        field: the input at fault.
        value: what was given.
        fix: what would be accepted.
    """

    def __init__(self, field_name: str, value: object, detail: str, fix: str = "") -> None:
        super().__init__(detail)
        self.field, self.value, self.fix = field_name, value, fix


@dataclass(frozen=True)
class Wish:
    """What a user asks for; references are names of rows in the project.

    Attributes:
        accelerator: may be a preset or fields; None where nothing depends on it, as with accuracy.
        campaign: the campaign, or one of its jobs, whose rows a predictor is fitted to.
        dense: the job whose network a pruned one is compared with, or a version of a network that it came from.
    """

    kind: JobKind
    accelerator: str | Mapping[str, Any] | None
    network: str | None = None
    calibration: str | None = None
    inputs: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    campaign: str | None = None
    dense: str | None = None


@dataclass(frozen=True)
class Order:
    """A wish with everything it refers to.

    Attributes:
        files: what the service must have, in the form of `Service.ensure`.
        body: what the attempt is put with.
        network_name: of a network that the job makes.
        dense: the parent of the network that the job makes: a version, or the job that made it.
    """

    network: NetworkVersion | None
    accelerator: AcceleratorFields | None
    files: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any]
    network_name: str = ""
    dense: str | None = None

    def to_mapping(self) -> dict[str, Any]:
        """As the job's row keeps it."""
        made = {"network_name": self.network_name, "dense": self.dense} if self.network_name else {}
        return {"files": [dict(file) for file in self.files], "body": dict(self.body), **made}


def order(project: Project, wish: Wish) -> Order:
    """Look up what a wish refers to, in the project and nowhere else.

    Raises:
        OrderError: something is missing, unknown or not valid.
    """
    if wish.kind is JobKind.CAMPAIGN:
        return _campaign(project, wish)
    if wish.kind is JobKind.FIT_PREDICTOR:
        return _predictor(project, wish)
    if wish.kind in SESSIONS:
        return _session(project, wish)
    accelerator = None if wish.kind is JobKind.EVALUATE else accelerator_of(project, wish.accelerator)
    options: dict[str, Any] = {} if accelerator is None else {"accelerator": asdict(accelerator)}
    if wish.kind is JobKind.ELABORATE:
        return Order(None, accelerator, (), {"kind": wish.kind.value, "options": options})
    version = version_of(project, wish.network)
    files = [_network_file(version)]
    options |= {"network": version.artifact_id, "dims": version.dims, **wish.options}
    for name, reference in (("calibration", wish.calibration), ("inputs", wish.inputs)):
        if reference is not None:
            data = _data(project, name, reference)
            if wish.kind is JobKind.EVALUATE and name == "inputs":
                _check_labels(data)
            files.append({"kind": "data", "digest": data.artifact_id, "query": {}})
            options[name] = data.artifact_id
    if wish.kind is JobKind.EVALUATE and wish.inputs is None:
        raise OrderError("inputs", None, "inputs is missing", "the id of a data file with images and their classes")
    return Order(version, accelerator, tuple(files), {"kind": wish.kind.value, "options": options})


def _campaign(project: Project, wish: Wish) -> Order:
    """It names its accelerators and networks itself; the service says what is wrong with its definition."""
    if "definition" not in wish.options:
        raise OrderError("definition", None, "definition is missing", "what a campaign's TOML file holds, as JSON")
    definition = with_own_accelerators(project, wish.options["definition"])
    return Order(None, None, (), {"kind": wish.kind.value, "options": {**wish.options, "definition": definition}})


def with_own_accelerators(project: Project, definition: Mapping[str, Any]) -> dict[str, Any]:
    """A campaign's definition with the project's own accelerators, named by id or name, as their fields."""
    given = definition.get("accelerators")
    named = [one for one in given if isinstance(one, str) and one not in PRESETS] if isinstance(given, list) else []
    if not named:
        return dict(definition)
    own: dict[str, dict[str, Any]] = {}
    for row in Accelerator.objects.filter(Q(pk__in=named) | Q(name__in=named), project=project):
        own |= dict.fromkeys((row.pk, row.name), asdict(row.description))
    return {**definition, "accelerators": [own.get(one, one) if isinstance(one, str) else one for one in given or []]}


def _predictor(project: Project, wish: Wish) -> Order:
    """Fitted to the tables of a campaign; the service says what is wrong with what is wanted of it."""
    done = Job.objects.filter(project=project, kind=JobKind.CAMPAIGN.value, state=JobState.COMPLETED.value)
    named = Q(pk=wish.campaign) | Q(of_campaign=wish.campaign)
    job = done.filter(named).order_by("-id").first() if wish.campaign is not None else None
    tables = dict(job.artifacts.filter(name__in=_TABLES).values_list("name", "artifact_id")) if job else {}
    if NETWORKS not in tables:
        detail = f"there is no completed campaign {wish.campaign!r} here" if wish.campaign else "campaign is missing"
        raise OrderError("campaign", wish.campaign, detail, "the id of a campaign that is completed")
    wanted = dict(wish.options.get("predictor", {}))
    clash = next((name for name in _TABLES if name in wanted), None)
    if clash is not None or "name" not in wanted:
        fix = "name, and kind, target, split and seed where they should differ from the defaults"
        detail = f"predictor takes no {clash}" if clash else "predictor has no name"
        raise OrderError("predictor", wanted, detail, fix)
    files = tuple({"kind": "tables", "digest": digest, "query": {"name": name}} for name, digest in tables.items())
    return Order(None, None, files, {"kind": wish.kind.value, "options": {**tables, **wanted}})


def _session(project: Project, wish: Wish) -> Order:
    """Of a network by name, on data by name or of the project; the service says which names there are."""
    values, files = dict(wish.options), []
    accelerator = None if wish.kind is JobKind.TRAIN else accelerator_of(project, wish.accelerator)
    if accelerator is not None:
        values["accelerator"] = asdict(accelerator)
    data = data_set_of(project, values.get("data"))
    if data is not None:
        values["data"] = data.artifact_id
        files.append(data_set_file(data.artifact_id))
    if wish.dense is not None and wish.dense.startswith("ver_"):
        version_of(project, wish.dense, "dense")
    elif wish.dense is not None:
        values["dense"] = _report_of(project, wish.dense)
        files.append({"kind": "reports", "digest": values["dense"], "query": {}})
    try:
        options = SESSIONS[wish.kind].from_mapping(values)
    except OptionError as error:
        raise OrderError(error.field, error.value, error.detail, error.fix) from error
    body = {"kind": wish.kind.value, "options": options.to_mapping()}
    name = f"{options.network} on {data.name if data is not None else options.data}"
    return Order(None, accelerator, tuple(files), body, name[:100], wish.dense)


def data_set_of(project: Project, reference: object) -> DataFile | None:
    """The project's data set of that id; None where data is named.

    Raises:
        OrderError: the project has none of that id.
    """
    return _data(project, "data", reference) if isinstance(reference, str) and reference.startswith("data_") else None


def data_set_file(digest: str) -> dict[str, Any]:
    """How a data set is introduced to the learning service: by its content, since several projects may hold the same."""
    return {"kind": DATA_SETS, "digest": digest, "query": {"name": f"data-{digest[:12]}.npz"}}


def _report_of(project: Project, job: str) -> str:
    """The digest of a completed session's report."""
    done = Job.objects.filter(project=project, kind__in=list(SESSIONS), state=JobState.COMPLETED.value, pk=job)
    digest = done.filter(artifacts__name=REPORT).values_list("artifacts__artifact_id", flat=True).first()
    if digest is None:
        fix = "the id of a completed job that trained the dense network with the same data, epochs and seed"
        raise OrderError("dense", job, f"there is no completed training job {job!r} here", fix)
    return digest


def network_query(digest: str, dims: Mapping[str, int]) -> dict[str, str]:
    """How a network is introduced to the service: by its content, since several projects may hold the same."""
    query = {"name": f"network-{digest[:12]}"}
    return {**query, "dims": ",".join(f"{name}={size}" for name, size in sorted(dims.items()))} if dims else query


def _network_file(version: NetworkVersion) -> dict[str, Any]:
    query = network_query(version.artifact_id, version.dims)
    return {"kind": "networks", "digest": version.artifact_id, "query": query}


def _check_labels(data: DataFile) -> None:
    arrays = data.facts.get("arrays", {})
    if LABELS not in arrays:
        fix = f"upload an npz file with the images under `input` and their classes under `{LABELS}`"
        raise OrderError("inputs", data.pk, f"{data.name} has no {LABELS!r}; it has {', '.join(arrays)}", fix)


def accelerator_of(project: Project, given: str | Mapping[str, Any] | None) -> AcceleratorFields:
    """A preset by its name, one of the project's own by its id, or fields.

    Raises:
        OrderError: there is none, or it cannot be built.
    """
    if given is None:
        raise OrderError(
            "accelerator", None, "accelerator is missing", f"one of {', '.join(PRESETS)}, an id, or fields"
        )
    if isinstance(given, Mapping):
        try:
            return AcceleratorFields.from_mapping(given)
        except AcceleratorError as error:
            raise OrderError("accelerator", dict(given), str(error)) from error
    if given in PRESETS:
        return PRESETS[given]
    row = Accelerator.objects.filter(project=project, pk=given).first()
    if row is None:
        known = ", ".join(PRESETS)
        raise OrderError("accelerator", given, f"there is no accelerator {given!r} here", f"one of {known}, or its id")
    return row.description


def version_of(project: Project, reference: str | None, field_name: str = "network") -> NetworkVersion:
    """A version of a network by its id, or the newest of a network's.

    Raises:
        OrderError: the project has none of that id.
    """
    if reference is None:
        raise OrderError("network", None, "network is missing", "the id of a network or of one of its versions")
    rows = NetworkVersion.objects.select_related("network").filter(network__project=project)
    wanted = {"pk": reference} if reference.startswith("ver_") else {"network_id": reference}
    row = rows.filter(**wanted).order_by("-number").first()
    if row is None:
        detail = f"there is no network {reference!r} here"
        raise OrderError(field_name, reference, detail, "the id of a network or of one of its versions")
    return row


def _data(project: Project, name: str, reference: str) -> DataFile:
    row = DataFile.objects.filter(project=project, pk=reference).first()
    if row is None:
        raise OrderError(name, reference, f"there is no data file {reference!r} here", "upload it first")
    return row

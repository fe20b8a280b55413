"""What answers look like: the serializers that OpenAPI is made of. Answers themselves are built by plain functions."""

from http import HTTPStatus
from typing import Any, ClassVar, Final, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from backend.api.forms import Factories, Form
from backend.api.problems import MEDIA_TYPE
from contracts.job import EventKind, FailureClass, JobKind, JobState

Char, Integer, Number, Flag = (
    serializers.CharField,
    serializers.IntegerField,
    serializers.FloatField,
    serializers.BooleanField,
)
Time, Values = serializers.DateTimeField, serializers.DictField


class FieldProblem(Form):
    """One wrong input."""

    field = Char()
    detail = Char()


class Problem(Form):
    """What went wrong (RFC 9457), with the field, its value and the likely fix where they are known."""

    type = Char()
    title = Char()
    status = Integer()
    detail = Char()
    instance = Char()
    code = Char(help_text="To program against.")
    field = Char(required=False)
    value = Char(required=False)
    fix = Char(required=False)
    awkward: ClassVar[Factories] = {"errors": lambda: FieldProblem(many=True, required=False)}


def page_of(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The form of a page of such items."""
    name = item.__name__.removesuffix("View") + "Page"
    fields = {
        "__doc__": "A part of a list.",
        "items": item(many=True),
        "next": Char(allow_null=True, help_text="Pass as `cursor` to go on."),
    }
    return cast(type[serializers.Serializer[Any]], type(name, (Form,), fields))


class ProjectView(Form):
    """A project as its members see it."""

    id = Char()
    name = Char()
    description = Char(allow_blank=True)
    created = Time()
    role = Char(allow_null=True, help_text="The caller's.")
    last_event = Integer(help_text="Number of the newest event: a cursor.")
    url = Char()


class MemberView(Form):
    """A member."""

    user = Char()
    name = Char(allow_blank=True)
    email = Char()
    role = Char()
    since = Time()


class MemberList(Form):
    """All members."""

    items = MemberView(many=True)


class ActivityView(Form):
    """Who did what."""

    id = Integer()
    time = Time()
    user = Char(allow_null=True)
    name = Char(allow_null=True)
    token = Char(allow_null=True)
    verb = Char()
    subject = Char(allow_blank=True)
    details = Values()


class NetworkView(Form):
    """A network."""

    id = Char()
    project = Char()
    name = Char()
    description = Char(allow_blank=True)
    created = Time()
    created_by = Char()
    latest = Integer(help_text="Number of the newest version.")
    url = Char()


class VersionView(Form):
    """One version of a network."""

    id = Char()
    network = Char()
    number = Integer()
    digest = Char()
    size_bytes = Integer()
    awkward: ClassVar[Factories] = {"parent": lambda: Char(allow_null=True)}
    how = Char()
    note = Char(allow_blank=True)
    facts = Values(help_text="What the gate found: shapes, layers, parameters.")
    dims = Values(child=Integer())
    created = Time()
    created_by = Char()
    file_url = Char()


class DataView(Form):
    """A data file."""

    id = Char()
    project = Char()
    name = Char()
    digest = Char()
    size_bytes = Integer()
    facts = Values()
    created = Time()
    created_by = Char()


class AcceleratorView(Form):
    """An accelerator with what follows from its parameters."""

    id = Char(help_text="A preset's name, or the name of a row.")
    project = Char(allow_null=True)
    name = Char()
    awkward: ClassVar[Factories] = {"fields": lambda: Values(help_text="As `contracts.accelerator` describes them.")}
    digest = Char(help_text="Over hardware parameters and instruction set version.")
    cells = Integer()
    on_chip_bytes = Integer()
    created = Time(allow_null=True)
    created_by = Char(allow_null=True)


class AcceleratorList(Form):
    """Presets first, then the project's own."""

    items = AcceleratorView(many=True)


class ArtifactView(Form):
    """A file that a job made."""

    digest = Char()
    size_bytes = Integer()
    media_type = Char()
    name = Char()
    url = Char()


class FailureView(Form):
    """Why a job failed, and who can do something about it."""

    code = Char()
    message = Char()
    awkward: ClassVar[Factories] = {
        "class": lambda: serializers.ChoiceField(choices=[kind.value for kind in FailureClass])
    }


class JobItem(Form):
    """A job in lists."""

    id = Char()
    project = Char()
    user = Char()
    run = Char(allow_null=True)
    retry_of = Char(allow_null=True)
    kind = serializers.ChoiceField(choices=[kind.value for kind in JobKind])
    name = Char(allow_blank=True)
    network = Char(allow_null=True)
    network_name = Char(allow_blank=True)
    accelerator_name = Char()
    campaign = Flag()
    state = serializers.ChoiceField(choices=[state.value for state in JobState])
    attempt = Integer()
    created = Time()
    started = Time(allow_null=True)
    ended = Time(allow_null=True)
    phase = Char(allow_null=True)
    fraction = Number(allow_null=True, help_text="What is done of the phase, 0 to 1.")
    seconds_left = Number(allow_null=True, help_text="Of the phase, extrapolated.")
    reason = Char(allow_blank=True)
    failure = FailureView(allow_null=True)
    figures = Values(help_text="Cycles, latency_ms, energy_mj, ...; `result` says where each comes from.")
    cached_from = Char(allow_null=True)
    done = Flag(help_text="Nothing will change any more.")
    success = Flag()
    failed = Flag()


class PlaceView(Form):
    """Where a queued job stands."""

    position = Integer()
    wait_s = Number(help_text="Expected, from how long such jobs took lately.")


class JobView(JobItem):
    """A job with its newest attempt."""

    options = Values()
    result = Values(allow_null=True)
    artifacts = Values(child=ArtifactView())
    queue = PlaceView(allow_null=True)
    last_event = Integer(help_text="Sequence number of the newest event: a cursor.")
    url = Char()
    events_url = Char()


class EventView(Form):
    """One thing that happened. Merging `changes` of all events in order gives the job."""

    job = Char()
    project = Char()
    sequence = Integer(help_text="Counts within the job, without gaps.")
    number = Integer(help_text="Counts within the project, without gaps.")
    attempt = Integer()
    time = Time()
    kind = serializers.ChoiceField(choices=[kind.value for kind in EventKind])
    changes = Values()
    line = Char(allow_blank=True)


class EventList(Form):
    """Events after a cursor."""

    items = EventView(many=True)
    next = Integer(help_text="Pass as `after` to go on.")
    done = Flag(help_text="This is the end.")


class ReportView(Form):
    """A simulation's report: one inference, as `contracts.measurement.Measurement` describes it."""

    network = Char()
    accelerator = Char()
    simulator = Char(help_text="`rtl`; or `null`, which measures nothing.")
    clock_mhz = Number()
    clock_origin = Char()
    inputs = Integer(help_text="How many inputs were run.")
    bit_exact = Flag(help_text="All outputs equal those of `checked_against`.")
    checked_against = Char()
    cycles = Number()
    latency_ms = Number()
    throughput_fps = Number()
    energy_mj = Number()
    power_mw = Number()
    utilisation = Number()
    macs = Integer()
    dram_bytes = Number()
    expert_cycles = Number()
    layers = serializers.ListField(child=Values(), help_text="In the order in which they ran.")
    energy = Values(help_text="By action, with bounds.")
    program = Values()
    float_error = Values()
    notes = serializers.ListField(child=Char())
    origins = Values(help_text="Where each figure comes from, by field.")


class AnalysisView(Form):
    """What a report says: `contracts.analysis` describes every part."""

    network = Char()
    accelerator = Char()
    cycles = Number()
    parts_cycles = Values(child=Number(), help_text="Cycles by cause; they add up.")
    why = serializers.ListField(child=Char(), help_text="What bounds the network, as sentences.")
    roofline = Values(help_text="Roofs of the accelerator, and points of the network and its layers.")
    layers = serializers.ListField(
        child=Values(), help_text="Cycles by cause, what bounds the layer, and `changes`, the most helpful first."
    )


class ComparisonItem(Form):
    """One simulation of a comparison."""

    job = Char()
    name = Char(allow_blank=True)
    network = Char(allow_null=True)
    network_name = Char(allow_blank=True)
    accelerator_name = Char()
    bit_exact = Flag()
    simulator = Char()
    figures = Values(help_text="By name: `value`, `unit`, `origin`, and `ratio` to the reference's.")


class ComparisonView(Form):
    """Simulations side by side."""

    reference = Char()
    items = ComparisonItem(many=True)
    layers = serializers.ListField(
        child=Values(),
        help_text="By name; each figure is a list with one entry per item, null where it lacks the layer.",
    )


class RunView(Form):
    """Jobs that were submitted together."""

    id = Char()
    project = Char()
    name = Char()
    created = Time()
    created_by = Char()
    states = Values(child=Integer(), help_text="How many jobs are in each state.")
    url = Char()


ProjectPage, NetworkPage, VersionPage = page_of(ProjectView), page_of(NetworkView), page_of(VersionView)
DataPage, ActivityPage = page_of(DataView), page_of(ActivityView)
JobPage, RunPage = page_of(JobItem), page_of(RunView)

_USUAL: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_OF_UPLOADS: Final = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def documented(form: Any, *, created: bool = False, accepted: bool = False, upload: bool = False) -> dict[Any, Any]:
    """For a view's `responses`: the answer, and the problems it may be instead."""
    status = HTTPStatus.CREATED if created else HTTPStatus.ACCEPTED if accepted else HTTPStatus.OK
    if form is None and not accepted:
        status = HTTPStatus.NO_CONTENT
    problems = (*_USUAL, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, *(_OF_UPLOADS if upload else ()))
    return {
        int(status): OpenApiResponse(form) if form is not None else OpenApiResponse(description="Done"),
        **{(int(problem), MEDIA_TYPE): OpenApiResponse(Problem, problem.phrase) for problem in problems},
    }


def documented_file() -> dict[Any, Any]:
    """For a view that answers with a file."""
    problems = (*_USUAL, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return {
        (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The content"),
        (206, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The part that `Range` asked for"),
        304: OpenApiResponse(description="`If-None-Match` names what the caller has"),
        **{(int(problem), MEDIA_TYPE): OpenApiResponse(Problem, problem.phrase) for problem in problems},
    }

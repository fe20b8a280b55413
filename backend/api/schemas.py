"""What answers look like: the serializers that OpenAPI is made of. Answers themselves are built by plain functions."""

from http import HTTPStatus
from typing import Any, ClassVar, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from backend.api.forms import Factories, Form
from backend.api.problems import MEDIA_TYPE

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
    sample = Flag(help_text="The sample project: everybody may look at it.")
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
    how = Char(help_text="`uploaded`, `trained` or `pruned`.")
    made_by = Char(allow_null=True, help_text="The job that made it.")
    note = Char(allow_blank=True)
    facts = Values(help_text="What the gate found: shapes, layers, parameters.")
    dims = Values(child=Integer())
    created = Time()
    created_by = Char()
    file_url = Char()


class LayerView(Form):
    """One layer of a graph, as the accelerator runs it."""

    name = Char()
    operator = Char(help_text="conv, depthwise, grouped conv, dense, max pool, average pool, ..., copy.")
    inputs = serializers.ListField(child=Char(), help_text="Layers that it reads, or the network's input.")
    adds = serializers.ListField(child=Char(), help_text="Layers that it adds.")
    channels_in = Integer()
    channels = Integer()
    height = Integer()
    width = Integer()
    kernel = serializers.ListField(child=Integer())
    stride = serializers.ListField(child=Integer())
    dilation = serializers.ListField(child=Integer())
    pads = serializers.ListField(child=Integer(), help_text="Top, left, bottom, right.")
    groups = Integer()
    macs = Integer(help_text="Of one inference, pruned weights included.")
    parameters = Integer()
    nodes = Char(allow_blank=True, help_text="The ONNX nodes it came from.")


class GraphView(Form):
    """A network as a graph of layers."""

    input = Char()
    input_shape = serializers.ListField(child=Integer())
    outputs = serializers.ListField(child=Values())
    layers = LayerView(many=True)
    macs = Integer()
    parameters = Integer()


class PairView(Form):
    """A layer of either network, or of both."""

    a = LayerView(allow_null=True)
    b = LayerView(allow_null=True)
    kept = Values(help_text="What the second has of the first's `channels`, `macs` and `parameters`, as fractions.")


class DiffView(Form):
    """Two structures side by side."""

    a = Char()
    b = Char()
    totals = Values(help_text="`macs` and `parameters` of both.")
    layers = PairView(many=True)


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
    costs = Values(help_text="Multipliers, registers, memories and peaks, as `contracts.costs` describes them.")
    created = Time(allow_null=True)
    created_by = Char(allow_null=True)


class AcceleratorList(Form):
    """Presets first, then the project's own."""

    items = AcceleratorView(many=True)


ProjectPage, NetworkPage, VersionPage = page_of(ProjectView), page_of(NetworkView), page_of(VersionView)
DataPage, ActivityPage = page_of(DataView), page_of(ActivityView)


def documented(
    form: Any, *, created: bool = False, accepted: bool = False, upload: bool = False, conflict: bool = False
) -> dict[Any, Any]:
    """For a view's `responses`: the answer. Problems follow from the operation (`backend.api.openapi`).

    Args:
        upload: the hardware service is asked, and may be away.
        conflict: reading may be refused as things stand; changing always may.
    """
    status = HTTPStatus.CREATED if created else HTTPStatus.ACCEPTED if accepted else HTTPStatus.OK
    if form is None and not accepted:
        status = HTTPStatus.NO_CONTENT
    more = [HTTPStatus.SERVICE_UNAVAILABLE] * upload + [HTTPStatus.CONFLICT] * conflict
    return {
        int(status): OpenApiResponse(form, status.phrase),
        **{(int(problem), MEDIA_TYPE): OpenApiResponse(Problem) for problem in more},
    }


def documented_file() -> dict[Any, Any]:
    """For a view that answers with a file."""
    return {
        (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The content"),
        (206, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The part that `Range` asked for"),
        (416, MEDIA_TYPE): OpenApiResponse(Problem),
    }

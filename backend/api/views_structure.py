"""Networks as graphs, their estimates, and two of them side by side."""

from http import HTTPStatus
from operator import attrgetter
from typing import ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.caller import Caller
from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, body_of, once, query_of, tagged
from backend.api.forms import Strict
from backend.api.openapi import IDEMPOTENCY_KEY, IF_NONE_MATCH
from backend.api.schemas import DiffView, GraphView, documented
from backend.api.schemas_jobs import JobView
from backend.api.views_jobs import job_document
from backend.api.views_networks import network_for, version_for
from backend.jobs.estimates import ensure_estimate
from backend.workspace.access import row_for
from backend.workspace.models import NetworkVersion, Role
from backend.workspace.structure import aligned, graph_of
from contracts.accelerator import DEFAULT_ACCELERATOR

_ID_CHARACTERS = 40


class VersionGraph(Endpoint):
    """A version as a graph."""

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(GraphView), operation_id="get_version_graph")
    def get(self, request: Request, network: str, number: int) -> Response:
        """The layers that the accelerator runs, in order, with what each reads and makes; it never changes."""
        version = version_for(self.caller, network, number)
        return tagged(request, graph_of(version), f"{version.pk}-graph")


class EstimateForm(Strict):
    """On what."""

    accelerator = serializers.CharField(
        max_length=100, default=DEFAULT_ACCELERATOR, help_text="A preset's name or the id of the project's own."
    )


class VersionEstimate(Endpoint):
    """What a version should cost."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=EstimateForm,
        responses=documented(JobView, accepted=True),
        operation_id="estimate_version",
    )
    def post(self, request: Request, network: str, number: int) -> Response:
        """The compile job whose `result.estimate` has cycles and energy layer by layer; submitted where there is none."""
        version = version_for(self.caller, network, number)
        network_for(self.caller, network, Role.EDITOR)
        accelerator = body_of(request, EstimateForm)["accelerator"]

        def work() -> Response:
            job = ensure_estimate(self.caller, version.network.project, version, accelerator)
            body = job_document(job, 1)
            return Response(body, HTTPStatus.ACCEPTED, headers={"Location": body["url"]})

        with transaction.atomic():
            return once(request, work)


class DiffQuery(Strict):
    """Which versions."""

    a = serializers.CharField(max_length=_ID_CHARACTERS, help_text="A version: what the other is compared with.")
    b = serializers.CharField(max_length=_ID_CHARACTERS, help_text="Another version, of any network the caller sees.")


class NetworkDiff(Endpoint):
    """Two structures side by side."""

    @extend_schema(parameters=[DiffQuery], responses=documented(DiffView), operation_id="diff_networks")
    def get(self, request: Request) -> Response:
        """Aligned layers of two versions, with what the second has kept of the first's channels, MACs and parameters."""
        query = query_of(request, DiffQuery)
        a, b = (graph_of(visible_version(self.caller, query[name])) for name in ("a", "b"))
        pairs = [pair.document() for pair in aligned(a["layers"], b["layers"])]
        totals = {name: {"a": a[name], "b": b[name]} for name in ("macs", "parameters")}
        return Response({"a": query["a"], "b": query["b"], "totals": totals, "layers": pairs})


def visible_version(caller: Caller, version_id: str) -> NetworkVersion:
    """A version by its id, for somebody who may look at it.

    Raises:
        NotVisibleError.
    """
    rows = NetworkVersion.objects.select_related("network", "network__project")
    in_project = attrgetter("network.project_id")
    return row_for(caller.user, rows, version_id, Role.VIEWER, "version", in_project)

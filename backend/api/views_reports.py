"""What simulations found, and several of them side by side."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.endpoint import Endpoint, query_of, tagged
from backend.api.forms import Factories, Strict
from backend.api.openapi import IF_NONE_MATCH
from backend.api.problems import invalid
from backend.api.rendering import QuickJSON
from backend.api.schemas import documented
from backend.api.schemas_jobs import AnalysisView, ComparisonView, ReportView
from backend.api.tables import ComparisonTable
from backend.jobs.analyses import analysis_at
from backend.jobs.comparisons import MOST, comparison
from backend.jobs.models import Job
from backend.jobs.reports import report_digest, report_document
from backend.jobs.visible import job_for, jobs_of
from backend.workspace.access import NotVisibleError

_ID_CHARACTERS = 40


class JobReport(Endpoint):
    """A simulation's report."""

    @extend_schema(
        parameters=[IF_NONE_MATCH], responses=documented(ReportView, conflict=True), operation_id="get_job_report"
    )
    def get(self, request: Request, job: str) -> Response:
        """All figures of a finished simulation with their origins, layer by layer; it never changes."""
        digest = report_digest(job_for(self.caller, job))
        return tagged(request, report_document(digest), digest)


class JobAnalysis(Endpoint):
    """What a simulation's report says."""

    @extend_schema(
        parameters=[IF_NONE_MATCH], responses=documented(AnalysisView, conflict=True), operation_id="get_job_analysis"
    )
    def get(self, request: Request, job: str) -> Response:
        """Where each layer's cycles went, what bounds it, and which changes would save how much."""
        digest = report_digest(job_for(self.caller, job))
        return tagged(request, analysis_at(digest).to_mapping(), f"{digest}-analysis")


class CompareQuery(Strict):
    """Which simulations."""

    jobs = serializers.CharField(
        max_length=MOST * (_ID_CHARACTERS + 1), help_text=f"Names of 1 to {MOST} simulate jobs, separated by commas."
    )
    awkward: ClassVar[Factories] = {
        "reference": lambda: serializers.CharField(
            required=False, max_length=_ID_CHARACTERS, help_text="The one that ratios are to; the first unless given."
        )
    }
    format = serializers.ChoiceField(
        required=False, choices=["json", "csv"], help_text="`csv`: one line per simulation, as `Accept: text/csv`."
    )


class Compare(Endpoint):
    """Simulations side by side."""

    renderer_classes = (QuickJSON, ComparisonTable)

    @extend_schema(
        parameters=[CompareQuery],
        responses={
            **documented(ComparisonView, conflict=True),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "OK"),
        },
        operation_id="compare_jobs",
    )
    def get(self, request: Request) -> Response:
        """Figures of several finished simulations, with ratios to one of them, and their layers by name."""
        query = query_of(request, CompareQuery)
        jobs = visible_jobs(self.caller, query["jobs"])
        reference = query.get("reference", jobs[0].pk)
        chosen = next((job for job in jobs if job.pk == reference), None)
        if chosen is None:
            raise invalid("query.reference", f"{reference!r} is not among the jobs", reference, "one of `jobs`")
        return Response(comparison(jobs, chosen))


def visible_jobs(caller: Any, text: str) -> list[Job]:
    """The jobs of a list of names, in its order, each once.

    Raises:
        ProblemError: none, or too many.
        NotVisibleError: one is not there for the caller.
    """
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not 1 <= len(names) <= MOST:
        raise invalid("query.jobs", f"{len(names)} jobs are named", text, f"1 to {MOST} names, separated by commas")
    found = jobs_of(caller.user).defer("result", "order").in_bulk(names)
    for name in names:
        if name not in found:
            raise NotVisibleError("job", name)
    return [found[name] for name in names]

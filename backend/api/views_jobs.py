"""Jobs: submitted, listed, watched, cancelled, tried again; their files."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope, User
from backend.api.downloads import download
from backend.api.endpoint import Endpoint, body_of, once, query_of, tagged
from backend.api.forms import Strict
from backend.api.openapi import IDEMPOTENCY_KEY, IF_NONE_MATCH, RANGE
from backend.api.pages import NamedQuery, Part, Wanted, answer, part, quick_part
from backend.api.problems import invalid
from backend.api.schemas import documented, documented_file
from backend.api.schemas_jobs import EventList, JobPage, JobView
from backend.ids import first_id
from backend.jobs.actions import cancel_job, retry_job, submit_job
from backend.jobs.changes import artifacts_of
from backend.jobs.claim import place_of
from backend.jobs.documents import LIST_COLUMNS, document, finished
from backend.jobs.events import events_of_job, events_of_project
from backend.jobs.models import Job, JobArtifact
from backend.jobs.orders import MAXIMUM_INPUTS, Wish
from backend.jobs.submit import Label
from backend.jobs.visible import job_for
from backend.workspace.access import NotVisibleError, project_for, visible_ids
from backend.workspace.models import Role
from contracts.job import KINDS_OF, JobKind, JobState, ServiceName
from contracts.quantisation import CALIBRATION_METHODS, SCALES

R = TypeVar("R")
_APART_S: Final = 60.0
"""At most between the times in a job's name and of its creation, which are taken one after the other."""
_COMPILE_OPTIONS: Final = ("scales", "calibration_method")
_SIMULATE_OPTIONS: Final = (*_COMPILE_OPTIONS, "count", "energy_table", "trace", "simulator")
_CAMPAIGN_OPTIONS: Final = ("definition", "simulator")
_INPUTS_OF_KIND: Final[Mapping[JobKind, tuple[str, ...]]] = {
    JobKind.COMPILE: ("accelerator", "network", "calibration", *_COMPILE_OPTIONS),
    JobKind.SIMULATE: ("accelerator", "network", "calibration", "inputs", *_SIMULATE_OPTIONS),
    JobKind.ELABORATE: ("accelerator",),
    JobKind.EVALUATE: ("network", "calibration", "inputs", *_COMPILE_OPTIONS, "count"),
    JobKind.CAMPAIGN: _CAMPAIGN_OPTIONS,
    JobKind.FIT_PREDICTOR: ("campaign", "predictor"),
}


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object"}]})
class AcceleratorField(serializers.Field[Any, Any, Any, Any]):
    """A preset's name, the id of a project's own, or fields."""

    def to_internal_value(self, data: Any) -> Any:
        """See the base class."""
        if not isinstance(data, str | dict):
            raise serializers.ValidationError("say a preset's name, an accelerator's id, or its fields")
        return data

    def to_representation(self, value: Any) -> Any:
        """See the base class."""
        return value


class WorkForm(Strict):
    """What one job or several should do; options that their kind does not have are refused."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in KINDS_OF[ServiceName.HARDWARE]])
    calibration = serializers.CharField(max_length=40, required=False, help_text="A data file.")
    inputs = serializers.CharField(max_length=40, required=False, help_text="A data file.")
    scales = serializers.ChoiceField(choices=SCALES, required=False)
    calibration_method = serializers.ChoiceField(
        choices=CALIBRATION_METHODS, required=False, help_text="How ranges are chosen from calibration data."
    )
    count = serializers.IntegerField(min_value=1, max_value=MAXIMUM_INPUTS, required=False, help_text="Inputs to run.")
    energy_table = serializers.RegexField(r"^[a-z0-9-]{1,40}$", required=False)
    fresh = serializers.BooleanField(
        default=False, help_text="Carry it out even where the same was done before, by the same code."
    )
    trace = serializers.BooleanField(required=False, help_text="Keep a wave dump as artifact `wave`.")
    simulator = serializers.ChoiceField(
        choices=["rtl", "null"], required=False, help_text="`null` measures nothing; for tests."
    )


class JobForm(WorkForm):
    """What one job should do."""

    kind = serializers.ChoiceField(
        choices=[kind.value for kind in _INPUTS_OF_KIND], help_text="Training jobs have addresses of their own."
    )
    name = serializers.CharField(max_length=100, allow_blank=True, default="")
    accelerator = AcceleratorField(required=False, help_text="Accuracy (`evaluate`) depends on none.")
    network = serializers.CharField(max_length=40, required=False, help_text="A network (its newest) or a version.")
    definition = serializers.DictField(
        required=False, help_text="Of a campaign: what its TOML file would hold (docs/campaigns.md)."
    )
    campaign = serializers.CharField(
        max_length=40, required=False, help_text="Of a predictor: the completed campaign's job that it is fitted to."
    )
    predictor = serializers.DictField(
        required=False, help_text="Of a predictor: `name`, `kind`, `target`, `split`, `seed` (docs/predictors.md)."
    )


class JobQuery(NamedQuery):
    """Which jobs, and in which order."""

    project = serializers.CharField(required=False, max_length=40)
    run = serializers.CharField(required=False, max_length=40)
    network = serializers.CharField(required=False, max_length=40, help_text="A network or a version.")
    accelerator = serializers.CharField(required=False, max_length=100, help_text="Its name.")
    kind = serializers.ChoiceField(required=False, choices=[kind.value for kind in JobKind])
    state = serializers.ChoiceField(required=False, choices=[state.value for state in JobState])
    user = serializers.CharField(required=False, max_length=40)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    order = serializers.ChoiceField(
        default="-created", choices=["created", "-created", "started", "-started", "ended", "-ended", "name", "-name"]
    )


class EventQuery(Strict):
    """Which events."""

    after = serializers.IntegerField(default=0, min_value=0, max_value=1 << 53, help_text="The last one you know.")
    limit = serializers.IntegerField(default=500, min_value=1, max_value=5000)


def wish_of(values: dict[str, Any]) -> Wish:
    """The wish of a checked form.

    Raises:
        ProblemError: an option that the kind does not have.
    """
    kind = JobKind(values["kind"])
    allowed = _INPUTS_OF_KIND[kind]
    for name, value in values.items():
        if name not in ("kind", "name", "fresh", *allowed):
            fix = f"leave it out; {kind.value} takes {', '.join(allowed)}"
            raise invalid(f"body.{name}", f"{kind.value} jobs have no {name}", value, fix)
    options: dict[str, Any] = {
        name: values[name] for name in (*_SIMULATE_OPTIONS, "definition", "predictor") if name in values
    }
    references = {name: values.get(name) for name in ("network", "calibration", "inputs")}
    return Wish(kind, values.get("accelerator"), options=options, campaign=values.get("campaign"), **references)


def job_document(job: Job, slots: int) -> dict[str, Any]:
    """A job by itself."""
    place = place_of(job, slots)
    return {
        **document(job),
        "artifacts": artifacts_of(job),
        "queue": {"position": place.position, "wait_s": place.wait_s} if place else None,
        "last_event": job.last_event,
        "url": f"/api/v1/jobs/{job.pk}",
        "events_url": f"/api/v1/jobs/{job.pk}/events",
    }


def job_item(job: Job) -> dict[str, Any]:
    """A job in lists."""
    return document(job, LIST_COLUMNS)


def listed(user: User, query: Mapping[str, Any], shape: Callable[[QuerySet[Job]], QuerySet[Job, R]]) -> Part[R]:
    """The part of a list of jobs that a checked `JobQuery` asks for, of what a user may see.

    Raises:
        NotVisibleError: there is no such project.
        ProblemError: the cursor is not of this list.
    """
    rows = Job.objects.filter(**_conditions(query))
    return part(rows, query, shape, _order_of(query), _projects_of(user, query))


def _projects_of(user: User, query: Mapping[str, Any]) -> list[str]:
    asked = query.get("project")
    return visible_ids(user) if asked is None else [project_for(user, asked).pk]


def _order_of(query: Mapping[str, Any]) -> str:
    # Ids sort by the time of creation.
    order: str = query["order"]
    return {"created": "id", "-created": "-id"}.get(order, order)


def _conditions(query: Mapping[str, Any]) -> dict[str, Any]:
    """What a query asks for, whatever the project, as lookups."""
    same = {
        "search": "name__icontains",
        "run": "run_id",
        "user": "user_id",
        "kind": "kind",
        "state": "state",
        "accelerator": "accelerator_name",
    }
    found = {column: query[name] for name, column in same.items() if name in query}
    after, before, network = (query.get(name) for name in ("created_after", "created_before", "network"))
    if after is not None:
        found |= {"created__gt": after, "id__gt": first_id("job", after.timestamp() - _APART_S)}
    if before is not None:
        found |= {"created__lt": before, "id__lt": first_id("job", before.timestamp() + _APART_S)}
    if network is not None:
        found["network_id" if network.startswith("ver_") else "network__network_id"] = network
    return found


class Jobs(Endpoint):
    """All jobs that the caller may see."""

    @extend_schema(parameters=[JobQuery], responses=documented(JobPage), operation_id="list_jobs")
    def get(self, request: Request) -> Response:
        """Jobs of all projects of the caller, newest first unless ordered otherwise."""
        query = query_of(request, JobQuery)
        wanted = Wanted(Job, LIST_COLUMNS, _conditions(query))
        return answer(quick_part(wanted, query, _order_of(query), _projects_of(self.user, query)), finished)


class ProjectJobs(Endpoint):
    """Jobs of one project."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=JobForm,
        responses=documented(JobView, accepted=True),
        operation_id="submit_job",
    )
    def post(self, request: Request, project: str) -> Response:
        """Submit a job; for editors. It is queued at once, and carried out when it is its turn."""
        found = project_for(self.user, project, Role.EDITOR)
        values = body_of(request, JobForm)
        wish = wish_of(values)

        def work() -> Response:
            job = submit_job(self.caller, found, wish, Label(name=values["name"], fresh=values["fresh"]))
            body = job_document(job, 1)
            return Response(body, HTTPStatus.ACCEPTED, headers={"Location": body["url"]})

        return once(request, work)


class OneJob(Endpoint):
    """One job."""

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(JobView), operation_id="get_job")
    def get(self, request: Request, job: str) -> Response:
        """A job that the caller may see; its ETag changes with every event, and with its place in the queue."""
        found = job_for(self.caller, job)
        body = job_document(found, 1)
        place = body["queue"]
        return tagged(
            request, body, f"{found.last_event}-{place['position']}-{place['wait_s']}" if place else found.last_event
        )


class CancelJob(Endpoint):
    """The end of a job."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(request=None, responses=documented(JobView, accepted=True), operation_id="cancel_job")
    def post(self, request: Request, job: str) -> Response:
        """Cancel: `cancelling` at once, `cancelled` when all its processes are gone. One that is over stays as it is."""
        del request
        cancel_job(self.caller, job)
        return Response(job_document(job_for(self.caller, job), 1), HTTPStatus.ACCEPTED)


class RetryJob(Endpoint):
    """Another try."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=documented(JobView, accepted=True),
        operation_id="retry_job",
    )
    def post(self, request: Request, job: str) -> Response:
        """Submit the same again as a new job; the old one must be over."""

        def work() -> Response:
            body = job_document(retry_job(self.caller, job), 1)
            return Response(body, HTTPStatus.ACCEPTED, headers={"Location": body["url"]})

        return once(request, work)


class JobEvents(Endpoint):
    """What happened to a job."""

    @extend_schema(parameters=[EventQuery], responses=documented(EventList), operation_id="list_job_events")
    def get(self, request: Request, job: str) -> Response:
        """Events after a cursor. The same come by websocket and as server-sent events."""
        found = job_for(self.caller, job)
        query = query_of(request, EventQuery)
        return Response(events_of_job(found.pk, query["after"], query["limit"]))


class ProjectEvents(Endpoint):
    """What happened to the jobs of a project."""

    @extend_schema(parameters=[EventQuery], responses=documented(EventList), operation_id="list_project_events")
    def get(self, request: Request, project: str) -> Response:
        """Events of all jobs after a cursor, which is an event's `number`; `done` is never true.

        The same come by websocket and as server-sent events.
        """
        found = project_for(self.user, project)
        query = query_of(request, EventQuery)
        return Response(events_of_project(found.pk, query["after"], query["limit"]))


class JobFile(Endpoint):
    """A file that a job made."""

    @extend_schema(parameters=[IF_NONE_MATCH, RANGE], responses=documented_file(), operation_id="download_job_artifact")
    def get(self, request: Request, job: str, name: str) -> Any:
        """The file; parts of it by `Range`."""
        found = job_for(self.caller, job)
        row = JobArtifact.objects.filter(job=found, name=name).select_related("artifact").first()
        if row is None:
            raise NotVisibleError("name", name)
        return download(request, row.artifact, row.file_name, row.media_type)

"""Many jobs at once: runs, actions on several jobs, and the queue in which all of them stand."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, body_of, once, query_of
from backend.api.forms import Strict
from backend.api.openapi import IDEMPOTENCY_KEY
from backend.api.pages import PageQuery, page
from backend.api.problems import problem_of
from backend.api.schemas import documented
from backend.api.schemas_jobs import ActionsView, QueueView, RunPage, RunView
from backend.api.views_jobs import AcceleratorField, WorkForm, job_item, wish_of
from backend.jobs.actions import AT_ONCE, cancel_job, retry_job
from backend.jobs.documents import plain
from backend.jobs.models import Run
from backend.jobs.runs import MOST_JOBS, RunWish, cancel_run, states_of, submit_run
from backend.jobs.standing import standing_for
from backend.jobs.visible import run_for
from backend.workspace.access import project_for
from backend.workspace.models import Role
from contracts.errors import InputError

_ID_CHARACTERS = 40


class RunForm(WorkForm):
    """Every network on every accelerator; otherwise as a job."""

    name = serializers.CharField(max_length=100)
    networks = serializers.ListField(
        child=serializers.CharField(max_length=_ID_CHARACTERS), min_length=1, max_length=MOST_JOBS
    )
    accelerators = serializers.ListField(child=AcceleratorField(), min_length=1, max_length=MOST_JOBS)


class ActionsForm(Strict):
    """What to do with which jobs."""

    do = serializers.ChoiceField(choices=["cancel", "retry"])
    jobs = serializers.ListField(
        child=serializers.CharField(max_length=_ID_CHARACTERS), min_length=1, max_length=AT_ONCE
    )


def run_document(run: Run, states: dict[str, int]) -> dict[str, Any]:
    """A run in lists and by itself."""
    return {
        "id": run.pk,
        "project": run.project_id,
        "name": run.name,
        "created": plain(run.created),
        "created_by": run.created_by_id,
        "states": states,
        "url": f"/api/v1/runs/{run.pk}",
    }


def run_wish_of(values: dict[str, Any]) -> RunWish:
    """The wish of a checked form.

    Raises:
        ProblemError: an option that the kind does not have.
    """
    shared = {name: value for name, value in values.items() if name not in ("networks", "accelerators")}
    one = wish_of({**shared, "network": values["networks"][0], "accelerator": values["accelerators"][0]})
    networks, accelerators = list(dict.fromkeys(values["networks"])), values["accelerators"]
    data = (one.calibration, one.inputs)
    return RunWish(values["name"], one.kind, networks, accelerators, *data, one.options, values["fresh"])


class ProjectRuns(Endpoint):
    """Runs of one project."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(parameters=[PageQuery], responses=documented(RunPage), operation_id="list_runs")
    def get(self, request: Request, project: str) -> Response:
        """All runs, newest first."""
        rows = Run.objects.filter(project=project_for(self.user, project))
        answer = page(rows, query_of(request, PageQuery), lambda run: {"run": run})
        runs = [item["run"] for item in answer.data["items"]]
        states = states_of(runs)
        answer.data["items"] = [run_document(run, states[run.pk]) for run in runs]
        return answer

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=RunForm,
        responses=documented(RunView, accepted=True),
        operation_id="submit_run",
    )
    def post(self, request: Request, project: str) -> Response:
        """Submit every network on every accelerator, all or none; for editors."""
        found = project_for(self.user, project, Role.EDITOR)
        wish = run_wish_of(body_of(request, RunForm))

        def work() -> Response:
            run = submit_run(self.caller, found, wish)
            body = run_document(run, states_of([run])[run.pk])
            return Response(body, HTTPStatus.ACCEPTED, headers={"Location": body["url"]})

        return once(request, work)


class OneRun(Endpoint):
    """One run."""

    @extend_schema(responses=documented(RunView), operation_id="get_run")
    def get(self, request: Request, run: str) -> Response:
        """A run that the caller may see; its jobs are `GET /jobs?run=`."""
        del request
        found = run_for(self.caller, run)
        return Response(run_document(found, states_of([found])[run]))


class CancelRun(Endpoint):
    """The end of a run."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(request=None, responses=documented(RunView, accepted=True), operation_id="cancel_run")
    def post(self, request: Request, run: str) -> Response:
        """Cancel all its jobs that are not over; for editors."""
        del request
        found = run_for(self.caller, run, Role.EDITOR)
        cancel_run(self.caller, found)
        return Response(run_document(found, states_of([found])[run]), HTTPStatus.ACCEPTED)


class JobActions(Endpoint):
    """The same for several jobs."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=ActionsForm, responses=documented(ActionsView), operation_id="act_on_jobs"
    )
    def post(self, request: Request) -> Response:
        """Cancel or retry several jobs; each answers for itself, and what one refuses does not stop the others."""
        values = body_of(request, ActionsForm)
        ids = list(dict.fromkeys(values["jobs"]))
        return once(request, lambda: Response({"items": [self._act(values["do"], job) for job in ids]}))

    def _act(self, do: str, job: str) -> dict[str, Any]:
        try:
            if do == "cancel":
                return {"job": job, "changed": cancel_job(self.caller, job), "new": None, "problem": None}
            return {"job": job, "changed": True, "new": retry_job(self.caller, job).pk, "problem": None}
        except InputError as error:
            problem = problem_of(error)
            assert problem is not None
            return {"job": job, "changed": False, "new": None, "problem": problem.document(self.request.path)}


class Queue(Endpoint):
    """The installation's queue."""

    @extend_schema(responses=documented(QueueView), operation_id="get_queue")
    def get(self, request: Request) -> Response:
        """What runs and what waits for what, in order; of others' jobs only that they are there."""
        del request
        found = standing_for(self.user)
        waiting = [
            {
                "position": row.position,
                "kind": row.kind,
                "job": job_item(row.job) if row.job else None,
                "reason": row.reason,
                "wait_s": row.wait_s,
            }
            for row in found.waiting
        ]
        return Response(
            {
                "slots": found.slots,
                "problem": found.down,
                "busy": found.busy,
                "queued": found.queued,
                "running": [job_item(job) for job in found.running],
                "waiting": waiting,
            }
        )

"""Training sessions: what they can be about, what is reachable before anything runs, and the jobs that carry them out."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, body_of, once, query_of
from backend.api.forms import Factories, Strict
from backend.api.openapi import IDEMPOTENCY_KEY
from backend.api.schemas import documented
from backend.api.schemas_jobs import JobView
from backend.api.schemas_training import ReachableView, TrainingView
from backend.api.views_jobs import AcceleratorField, job_document
from backend.clients.current import learning_service
from backend.jobs.actions import submit_job
from backend.jobs.orders import Wish
from backend.jobs.submit import Label
from backend.jobs.training import check_session, reachable_of
from backend.workspace.access import project_for
from backend.workspace.models import Role
from contracts.accelerator import DEFAULT_ACCELERATOR
from contracts.job import JobKind
from contracts.learning import PRECISIONS

_NAME: Final = 100
_DATA: Final = "A name of /training, or the id of a data file of the project (npz with images and classes)."
_ACCELERATOR: Final = "A preset's name, an id, or fields."
_COST: Final = "Who foretells costs: a name of /training, or learned:NAME."


class SessionForm(Strict):
    """What every training session is told; what is left out has the defaults of docs/backend.md."""

    name = serializers.CharField(max_length=_NAME, allow_blank=True, default="")
    network = serializers.CharField(max_length=_NAME, required=False, help_text="A name of /training.")
    training_images = serializers.IntegerField(required=False, help_text="Only the first so many.")
    epochs = serializers.IntegerField(required=False)
    batch_images = serializers.IntegerField(required=False, help_text="Images of a step.")
    peak_learning_rate = serializers.FloatField(required=False)
    precision = serializers.ChoiceField(choices=PRECISIONS, required=False)
    validation_share = serializers.FloatField(required=False, help_text="Of the training images, to watch by.")
    awkward: ClassVar[Factories] = {
        "data": lambda: serializers.CharField(max_length=_NAME, required=False, help_text=_DATA)
    }


class TrainForm(SessionForm):
    """A network to be trained as it is."""

    seed = serializers.IntegerField(required=False)


class PruneForm(TrainForm):
    """A network that shapes itself within a budget in one session; `latency_ms`, `energy_mj` or both are given."""

    accelerator = AcceleratorField(default=DEFAULT_ACCELERATOR, help_text=_ACCELERATOR)
    method = serializers.CharField(max_length=_NAME, required=False, help_text="A name of /training.")
    latency_ms = serializers.FloatField(required=False, help_text="Of one image on the RTL, at most.")
    energy_mj = serializers.FloatField(required=False, help_text="Of one image, at most.")
    cost = serializers.CharField(max_length=_NAME, required=False, help_text=_COST)
    dense = serializers.CharField(
        max_length=40,
        required=False,
        help_text="A completed job that trained the same network, data, images, epochs and seed: stated beside, and parent;"
        " or a version of a network: parent.",
    )


class ParetoForm(SessionForm):
    """Sessions of several methods and seeds at several budgets; `shares`, `budgets_ms` or `budgets_mj` are given."""

    accelerator = AcceleratorField(default=DEFAULT_ACCELERATOR, help_text=_ACCELERATOR)
    methods = serializers.ListField(
        child=serializers.CharField(max_length=_NAME), required=False, help_text="Names of /training."
    )
    shares = serializers.ListField(
        child=serializers.FloatField(), required=False, help_text="Of the dense network's latency on the RTL."
    )
    budgets_ms = serializers.ListField(
        child=serializers.FloatField(), required=False, help_text="Of one image on the RTL; in place of shares."
    )
    budgets_mj = serializers.ListField(
        child=serializers.FloatField(), required=False, help_text="Of one image; in place of the others."
    )
    seeds = serializers.ListField(child=serializers.IntegerField(), required=False)
    cost = serializers.CharField(max_length=_NAME, required=False, help_text=_COST)
    side_by_side = serializers.IntegerField(required=False, help_text="Runs at a time, one thread each.")


class ReachableQuery(Strict):
    """A network on data and an accelerator."""

    network = serializers.CharField(max_length=_NAME, required=False, help_text="A name of /training.")
    accelerator = serializers.CharField(
        max_length=_NAME, default=DEFAULT_ACCELERATOR, help_text="A preset's name, or an id."
    )
    cost = serializers.CharField(max_length=_NAME, required=False, help_text=_COST)
    awkward: ClassVar[Factories] = {
        "data": lambda: serializers.CharField(max_length=_NAME, required=False, help_text=_DATA)
    }


def session_wish(kind: JobKind, values: Mapping[str, Any]) -> Wish:
    """The wish of a checked form."""
    options = {name: value for name, value in values.items() if name not in ("name", "accelerator", "dense")}
    return Wish(kind, values.get("accelerator"), options=options, dense=values.get("dense"))


class _Sessions(Endpoint):
    """Jobs of one kind of a project."""

    scope: ClassVar[Scope] = Scope.RUN
    kind: ClassVar[JobKind]

    def _submit(self, request: Request, project: str, form: type[SessionForm]) -> Response:
        found = project_for(self.user, project, Role.EDITOR)
        values = body_of(request, form)
        wish = session_wish(self.kind, values)
        check_session(found, wish)

        def work() -> Response:
            body = job_document(submit_job(self.caller, found, wish, Label(name=values["name"])), 1)
            return Response(body, HTTPStatus.ACCEPTED, headers={"Location": body["url"]})

        return once(request, work)


class ProjectTrain(_Sessions):
    """Networks trained as they are."""

    kind = JobKind.TRAIN

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=TrainForm,
        responses=documented(JobView, accepted=True),
        operation_id="submit_train_job",
    )
    def post(self, request: Request, project: str) -> Response:
        """Train a network; for editors. It becomes a version of a network of the project."""
        return self._submit(request, project, TrainForm)


class ProjectPrune(_Sessions):
    """Networks that shape themselves within a budget."""

    kind = JobKind.PRUNE

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=PruneForm,
        responses=documented(JobView, accepted=True),
        operation_id="submit_prune_job",
    )
    def post(self, request: Request, project: str) -> Response:
        """Train a network that shapes itself within a budget; for editors. It is measured on the RTL, and becomes a version."""
        return self._submit(request, project, PruneForm)


class ProjectPareto(_Sessions):
    """Sweeps."""

    kind = JobKind.PARETO

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ParetoForm,
        responses=documented(JobView, accepted=True),
        operation_id="submit_pareto_job",
    )
    def post(self, request: Request, project: str) -> Response:
        """Sweep methods, budgets and seeds; for editors. The result has the front, hypervolumes, and spreads over seeds."""
        return self._submit(request, project, ParetoForm)


class ProjectReachable(Endpoint):
    """Budgets that networks can keep."""

    @extend_schema(parameters=[ReachableQuery], responses=documented(ReachableView), operation_id="get_reachable")
    def get(self, request: Request, project: str) -> Response:
        """What a network costs at least, with half of its channels, and as it is; nothing is trained."""
        found = project_for(self.user, project)
        return Response(reachable_of(found, query_of(request, ReachableQuery)))


class Training(Endpoint):
    """What there is to choose from."""

    @extend_schema(responses=documented(TrainingView), operation_id="get_training")
    def get(self, request: Request) -> Response:
        """Networks, data and methods that training sessions can be about, and who can foretell costs."""
        del request
        return Response(learning_service().choices())

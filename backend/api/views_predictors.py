"""Predictors: listed, looked at, asked, deleted. They are made by jobs of kind `fit_predictor`, and fetched as those jobs' files."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, body_of, check_match, query_of, tagged
from backend.api.forms import Strict
from backend.api.openapi import IF_MATCH, IF_NONE_MATCH
from backend.api.pages import PageQuery, page
from backend.api.problems import invalid
from backend.api.schemas import documented
from backend.api.schemas_predictors import EvaluationView, PredictionList, PredictorPage, PredictorView
from backend.api.views_jobs import AcceleratorField
from backend.jobs.models import Job
from backend.jobs.orders import accelerator_of, version_of
from backend.jobs.predictors import (
    Question,
    ask,
    delete_predictor,
    evaluation_at,
    evaluation_digest,
    predictor_document,
    predictor_for,
    predictors_of,
    versions_in,
)
from backend.workspace.access import project_for
from backend.workspace.models import Role
from contracts.accelerator import DEFAULT_ACCELERATOR

MOST_QUESTIONS: Final = 100


class QuestionForm(Strict):
    """A network of the predictor's project, or a structure, on an accelerator."""

    network = serializers.CharField(max_length=40, required=False, help_text="A network (its newest) or a version.")
    structure = serializers.DictField(required=False, help_text="As `contracts.structure` writes it.")
    accelerator = AcceleratorField(default=DEFAULT_ACCELERATOR, help_text="A preset's name, an id, or fields.")


class QuestionsForm(Strict):
    """What a predictor is asked."""

    queries = serializers.ListField(child=QuestionForm(), min_length=1, max_length=MOST_QUESTIONS)
    target = serializers.ChoiceField(
        choices=["latency", "energy", "throughput"], required=False, help_text="What it was fitted to, unless given."
    )
    inputs = serializers.BooleanField(default=False, help_text="Hand out what its ONNX file is to be asked with.")


class ProjectPredictors(Endpoint):
    """Predictors of a project."""

    @extend_schema(parameters=[PageQuery], responses=documented(PredictorPage), operation_id="list_predictors")
    def get(self, request: Request, project: str) -> Response:
        """All predictors, newest first."""
        found = project_for(self.user, project)
        versions = versions_in(found.pk)
        return page(predictors_of(found), query_of(request, PageQuery), lambda job: predictor_document(job, versions))


class OnePredictor(Endpoint):
    """One predictor."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(PredictorView), operation_id="get_predictor")
    def get(self, request: Request, predictor: str) -> Response:
        """A predictor that the caller may see, with its scores by family and accelerator; it never changes."""
        job = predictor_for(self.caller, predictor)
        return tagged(request, predictor_document(job, versions_in(job.project_id)), job.pk)

    @extend_schema(parameters=[IF_MATCH], responses=documented(None), operation_id="delete_predictor")
    def delete(self, request: Request, predictor: str) -> Response:
        """Delete a predictor's files; for editors. The job that made it stays."""
        check_match(request, predictor_for(self.caller, predictor, Role.EDITOR).pk)
        delete_predictor(self.caller, predictor)
        return Response(status=HTTPStatus.NO_CONTENT)


class PredictorEvaluation(Endpoint):
    """A predictor from all sides."""

    @extend_schema(
        parameters=[IF_NONE_MATCH], responses=documented(EvaluationView), operation_id="get_predictor_evaluation"
    )
    def get(self, request: Request, predictor: str) -> Response:
        """All kinds side by side by split and family, predicted against measured, the learning curve, what it goes by."""
        digest = evaluation_digest(predictor_for(self.caller, predictor))
        return tagged(request, evaluation_at(digest), digest)


class Predictions(Endpoint):
    """What a predictor says."""

    scope: ClassVar[Scope] = Scope.READ

    @extend_schema(
        request=QuestionsForm, responses=documented(PredictionList, upload=True), operation_id="ask_predictor"
    )
    def post(self, request: Request, predictor: str) -> Response:
        """Values with 90 % intervals, beside the closed form's and, where there is one, the RTL's; nothing is stored."""
        job = predictor_for(self.caller, predictor)
        values = body_of(request, QuestionsForm)
        questions = [question_of(job, query, f"queries.{k}") for k, query in enumerate(values["queries"])]
        return Response(ask(job, questions, values.get("target"), values["inputs"]))


def question_of(predictor: Job, query: Mapping[str, Any], place: str) -> Question:
    """A checked `QuestionForm` as a question.

    Raises:
        ProblemError: neither network nor structure is given, or both.
        OrderError: the predictor's project has no such network or accelerator.
    """
    if ("network" in query) == ("structure" in query):
        raise invalid(f"body.{place}", "say a network or a structure, and not both", fix='such as {"network": "net_…"}')
    accelerator = accelerator_of(predictor.project, query["accelerator"])
    if "structure" in query:
        return Question(accelerator, structure=query["structure"])
    return Question(accelerator, version_of(predictor.project, query["network"]))

"""Data files: calibration data and inputs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, check_match, once, query_of, tagged
from backend.api.forms import Strict
from backend.api.openapi import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from backend.api.pages import NamedQuery, page, searched
from backend.api.schemas import DataPage, DataView, documented
from backend.api.uploads import FileParser, take
from backend.api.views_networks import NAME
from backend.jobs.documents import plain
from backend.jobs.orders import DATA_SETS, data_set_file
from backend.workspace.access import project_for, row_for
from backend.workspace.activity import note
from backend.workspace.models import Artifact, DataFile, Role


class DataQuery(Strict):
    """About a data file."""

    name = serializers.RegexField(NAME)
    use = serializers.ChoiceField(
        choices=["simulation", "training"],
        default="simulation",
        help_text="Key `input` alone is looked at; or that networks can be trained on it: images and their classes.",
    )


def data_document(row: DataFile) -> dict[str, Any]:
    """A data file."""
    return {
        "id": row.pk,
        "project": row.project_id,
        "name": row.name,
        "digest": row.artifact_id,
        "size_bytes": row.artifact.size_bytes,
        "facts": row.facts,
        "created": plain(row.created),
        "created_by": row.created_by_id,
    }


class DataFiles(Endpoint):
    """Data files of a project."""

    scope: ClassVar[Scope] = Scope.UPLOAD
    parser_classes: Any = (FileParser,)

    @extend_schema(parameters=[NamedQuery], responses=documented(DataPage), operation_id="list_data")
    def get(self, request: Request, project: str) -> Response:
        """All data files, newest first."""
        rows = DataFile.objects.filter(project=project_for(self.user, project)).select_related("artifact")
        query = query_of(request, NamedQuery)
        return page(searched(rows, query), query, data_document)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, DataQuery],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=documented(DataView, created=True, upload=True),
        operation_id="upload_data",
    )
    def post(self, request: Request, project: str) -> Response:
        """Upload calibration data or inputs (an npz with key `input`), or images and classes to train on (docs/training.md)."""
        found = project_for(self.user, project, Role.EDITOR)
        values = query_of(request, DataQuery)

        def use(artifact: Artifact, facts: Mapping[str, Any]) -> Response:
            def work() -> Response:
                row = DataFile.objects.create(
                    project=found, name=values["name"], artifact=artifact, facts=dict(facts), created_by=self.user
                )
                note(self.caller, "data.upload", row.pk, found)
                headers = {"Location": f"/api/v1/data/{row.pk}"}
                return Response(data_document(row), HTTPStatus.CREATED, headers=headers)

            return once(request, work, artifact.digest)

        if values["use"] == "training":
            answer: Response = take(request, found, DATA_SETS, lambda digest: data_set_file(digest)["query"], use)
        else:
            answer = take(request, found, "data", lambda _: {}, use)
        return answer


class OneDataFile(Endpoint):
    """One data file."""

    scope: ClassVar[Scope] = Scope.UPLOAD

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(DataView), operation_id="get_data")
    def get(self, request: Request, data: str) -> Response:
        """A data file that the caller may see."""
        row = self._row(data, Role.VIEWER)
        return tagged(request, data_document(row), row.pk)

    @extend_schema(parameters=[IF_MATCH], responses=documented(None), operation_id="delete_data")
    def delete(self, request: Request, data: str) -> Response:
        """Delete a data file; for editors. Jobs that wait keep it."""
        with transaction.atomic():
            row = self._row(data, Role.EDITOR)
            check_match(request, row.pk)
            note(self.caller, "data.delete", data, row.project_id)
            row.delete()
        return Response(status=HTTPStatus.NO_CONTENT)

    def _row(self, data: str, needed: Role) -> DataFile:
        return row_for(self.user, DataFile.objects.select_related("artifact"), data, needed, "data")

"""Accelerators: presets, and a project's own."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, body_of, check_match, once, tagged
from backend.api.forms import Factories, Strict
from backend.api.openapi import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from backend.api.schemas import AcceleratorList, AcceleratorView, documented
from backend.api.views_networks import NAME
from backend.jobs.documents import plain
from backend.workspace.accelerators import change_accelerator, create_accelerator, delete_accelerator
from backend.workspace.access import project_for, row_for
from backend.workspace.models import Accelerator, Role
from contracts.accelerator import PRESETS
from contracts.accelerator import Accelerator as Description
from contracts.costs import costs_of


class AcceleratorForm(Strict):
    """A custom accelerator."""

    name = serializers.RegexField(NAME)
    awkward: ClassVar[Factories] = {"fields": serializers.DictField}


def description_document(description: Description) -> dict[str, Any]:
    """What follows from an accelerator's fields."""
    return {
        "name": description.name,
        "fields": asdict(description),
        "digest": f"{description.digest:016x}",
        "cells": description.cells,
        "on_chip_bytes": description.on_chip_bytes,
        "costs": costs_of(description).to_mapping(),
    }


def preset_document(description: Description) -> dict[str, Any]:
    """An accelerator that ships."""
    more = {"id": description.name, "project": None, "created": None, "created_by": None}
    return {**more, **description_document(description)}


def accelerator_document(row: Accelerator) -> dict[str, Any]:
    """A project's own."""
    more = {"project": row.project_id, "created": plain(row.created), "created_by": row.created_by_id}
    return {"id": row.pk, **more, **description_document(row.description), "name": row.name}


class Presets(Endpoint):
    """Accelerators that ship."""

    @extend_schema(responses=documented(AcceleratorList), operation_id="list_presets")
    def get(self, request: Request) -> Response:
        """The presets."""
        del request
        return Response({"items": [preset_document(preset) for preset in PRESETS.values()]})


class Accelerators(Endpoint):
    """Accelerators that a project may use."""

    scope: ClassVar[Scope] = Scope.UPLOAD

    @extend_schema(responses=documented(AcceleratorList), operation_id="list_accelerators")
    def get(self, request: Request, project: str) -> Response:
        """Presets, then the project's own."""
        del request
        rows = Accelerator.objects.filter(project=project_for(self.user, project)).order_by("id")
        presets = [preset_document(preset) for preset in PRESETS.values()]
        return Response({"items": presets + [accelerator_document(row) for row in rows]})

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=AcceleratorForm,
        responses=documented(AcceleratorView, created=True),
        operation_id="create_accelerator",
    )
    def post(self, request: Request, project: str) -> Response:
        """Describe an accelerator of the project's own; for editors."""
        found = project_for(self.user, project, Role.EDITOR)
        values = body_of(request, AcceleratorForm)

        def work() -> Response:
            row = create_accelerator(self.caller, found, values["name"], values["fields"])
            place = f"/api/v1/accelerators/{row.pk}"
            return Response(accelerator_document(row), HTTPStatus.CREATED, headers={"Location": place})

        return once(request, work)


class OneAccelerator(Endpoint):
    """One accelerator."""

    scope: ClassVar[Scope] = Scope.UPLOAD

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(AcceleratorView), operation_id="get_accelerator")
    def get(self, request: Request, accelerator: str) -> Response:
        """A preset by its name, or a project's own."""
        if accelerator in PRESETS:
            return tagged(request, preset_document(PRESETS[accelerator]), PRESETS[accelerator].digest)
        row = self._row(accelerator, Role.VIEWER)
        return tagged(request, accelerator_document(row), row.version)

    @extend_schema(
        parameters=[IF_MATCH],
        request=AcceleratorForm,
        responses=documented(AcceleratorView),
        operation_id="change_accelerator",
    )
    def put(self, request: Request, accelerator: str) -> Response:
        """Describe it anew; for editors. Jobs that were submitted before keep the old description."""
        with transaction.atomic():
            row = self._row(accelerator, Role.EDITOR)
            values = body_of(request, AcceleratorForm)
            check_match(request, row.version)
            change_accelerator(self.caller, row, values["name"], values["fields"])
        return tagged(request, accelerator_document(row), row.version)

    @extend_schema(parameters=[IF_MATCH], responses=documented(None), operation_id="delete_accelerator")
    def delete(self, request: Request, accelerator: str) -> Response:
        """Delete it; for editors. Jobs keep their description."""
        with transaction.atomic():
            row = self._row(accelerator, Role.EDITOR)
            check_match(request, row.version)
            delete_accelerator(self.caller, row)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _row(self, accelerator: str, needed: Role) -> Accelerator:
        return row_for(self.user, Accelerator.objects.all(), accelerator, needed, "accelerator")

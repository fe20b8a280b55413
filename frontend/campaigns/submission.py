"""A new campaign, as a form or as a file: estimated first, then started."""

import inspect
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from backend.clients.service import ServiceDownError
from backend.jobs.campaigns import check_definition, estimate, standing, submit_campaign
from backend.jobs.visible import campaign_for
from backend.workspace.models import Accelerator, Project, Role
from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS
from contracts.structure.families import FAMILIES
from contracts.structure.samplers import SAMPLERS
from frontend.campaigns.definition import (
    LARGEST_TEXT,
    PartFields,
    definition_of_form,
    definition_of_text,
    part_fields,
)
from frontend.forms import FormError, refusals
from frontend.page import PageRequest, open_project, signed_in

_OWN: Final = 200
_TEXTS: Final = ("name", "note", "seed", "check", "held_out_family", "held_out_inputs", "held_out_accelerator", "text")


@signed_in
def new(request: PageRequest, project: str) -> HttpResponse:
    """The form, or with `?as=file` a text; its buttons add and remove families, estimate, and start."""
    found = open_project(request, project, Role.EDITOR)
    context = _as_given(request) if request.method == "POST" else _empty(request)
    do = request.POST.get("do", "")
    if do in ("estimate", "start"):
        try:
            definition = _definition(request, context)
            if do == "start":
                return _started(request, found, definition)
            context |= {"estimate": _estimated(found, definition), "definition": json.dumps(definition, indent=1)}
        except FormError as error:
            context["errors"] = error.errors
    context["parts"] = _changed(context["parts"], do)
    return render(request, "campaigns/new.html", context | _choices(found))


def _as_given(request: PageRequest) -> dict[str, Any]:
    return {
        "as": "file" if request.POST.get("as") == "file" else "form",
        "values": {name: request.POST.get(name, "") for name in _TEXTS},
        "chosen": request.POST.getlist("accelerators"),
        "parts": part_fields(request.POST),
        "errors": {},
    }


def _empty(request: PageRequest) -> dict[str, Any]:
    """Where nothing was filled in yet; `?like=` starts from another campaign's definition."""
    like, text = request.GET.get("like"), ""
    if like:
        text = json.dumps(standing(campaign_for(request.caller, like)).definition, indent=1)
    return {
        "as": "file" if like or request.GET.get("as") == "file" else "form",
        "values": {"text": text},
        "chosen": [DEFAULT_ACCELERATOR],
        "parts": [PartFields()],
        "errors": {},
    }


def _definition(request: PageRequest, context: dict[str, Any]) -> dict[str, Any]:
    if context["as"] == "form":
        return definition_of_form(request.POST)
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile) and file.size:
        context["values"]["text"] = _text_of(file)
    return definition_of_text(context["values"]["text"])


def _text_of(file: UploadedFile) -> str:
    try:
        text: str = file.read(4 * LARGEST_TEXT).decode()
    except UnicodeDecodeError as error:
        raise FormError({"text": f"{file.name} is no text: a definition is TOML or JSON in UTF-8."}) from error
    return text


def _estimated(project: Project, definition: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        with refusals():
            return estimate(project, definition)
    except ServiceDownError as error:
        raise FormError({"form": f"It cannot be estimated now: {error}. Try again later."}) from error


def _started(request: PageRequest, project: Project, definition: Mapping[str, Any]) -> HttpResponse:
    with refusals():
        check_definition(project, definition)
        made = submit_campaign(request.caller, project, "", {"definition": definition})
    address = reverse("campaigns:campaign", args=[made.campaign.pk])
    if request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return redirect(address)


def _changed(parts: list[PartFields], do: str) -> list[PartFields]:
    """With another family, or one fewer, as the button says."""
    if do == "add":
        return [*parts, PartFields()]
    number = do.removeprefix("remove-")
    return [part for k, part in enumerate(parts, 1) if str(k) != number] if number != do else parts


def _choices(project: Project) -> dict[str, Any]:
    return {
        "project": project,
        "families": {name: _options(name) for name in FAMILIES},
        "samplers": list(SAMPLERS),
        "presets": PRESETS,
        "own": Accelerator.objects.filter(project=project).order_by("name")[:_OWN],
    }


def _options(family: str) -> str:
    """What its bases may say, with defaults, such as `widths = (16, 32, 64), classes = 10`."""
    parameters = inspect.signature(FAMILIES[family]).parameters.values()
    return ", ".join(f"{one.name} = {one.default}" for one in parameters if one.name != "size")

"""A project's own accelerators: the form that is checked as one types, saving, deleting."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from backend.api.views_accelerators import AcceleratorForm
from backend.workspace.accelerators import (
    ParameterError,
    change_accelerator,
    create_accelerator,
    delete_accelerator,
    described,
)
from backend.workspace.models import Accelerator, Project, Role
from backend.workspace.names import NameTakenError
from contracts.accelerator import DEFAULT_ACCELERATOR
from contracts.costs import costs_of
from frontend.accelerators.found import Found, found_in
from frontend.accelerators.parameters import PARAMETERS, values_of
from frontend.forms import FormError, checked
from frontend.page import PageRequest, open_project, signed_in


@signed_in
def new(request: PageRequest, project: str) -> HttpResponse:
    """Describe one, starting from another: `?like=`."""
    opened = open_project(request, project, Role.EDITOR)
    like = found_in(opened, request.GET.get("like") or DEFAULT_ACCELERATOR)
    return _form(request, opened, like, None)


@signed_in
def change(request: PageRequest, project: str, accelerator: str) -> HttpResponse:
    """Describe one of the project's own anew."""
    opened = open_project(request, project, Role.EDITOR)
    found = found_in(opened, accelerator)
    if found.row is None:
        return redirect(f"{reverse('accelerators:new', args=[opened.pk])}?like={found.key}")
    return _form(request, opened, found, found)


def _form(request: PageRequest, project: Project, like: Found, changed: Found | None) -> HttpResponse:
    values, name = asdict(like.description), changed.name if changed else f"{like.name}-copy"
    errors: dict[str, str] = {}
    if request.method == "POST":
        name, values = request.POST.get("name", ""), values_of(request.POST)
        try:
            key = _saved(request, project, changed, name, values)
        except FormError as error:
            errors = error.errors
        else:
            messages.success(request, f"{name} is saved.")
            return redirect("accelerators:accelerator", project.pk, key)
    context = _outcome(name or "custom", values) | {"project": project, "like": like, "changed": changed, "name": name}
    if changed is not None and changed.row is not None:
        context["version"] = request.POST.get("version", changed.row.version)
    context["errors"] = {**context["errors"], **errors}
    return render(request, "accelerators/form.html", context)


def _saved(request: PageRequest, project: Project, changed: Found | None, name: str, values: dict[str, Any]) -> str:
    """Save what the form says; the accelerator's id.

    Raises:
        FormError: by parameter, with the nearest value that is allowed.
    """
    checked(AcceleratorForm, {"name": name, "fields": values})
    try:
        if changed is None or changed.row is None:
            return create_accelerator(request.caller, project, name, values).pk
        _change(request, changed.row, name, values)
    except ParameterError as error:
        raise FormError(_texts(error)) from error
    except NameTakenError as error:
        raise FormError({"name": f"{error}; choose another name"}) from error
    return changed.key


def _change(request: PageRequest, row: Accelerator, name: str, values: dict[str, Any]) -> None:
    """Change a row unless somebody else has since the form was opened, as `If-Match` does in the API.

    Raises:
        FormError, ParameterError, NameTakenError.
    """
    with transaction.atomic():
        row = Accelerator.objects.select_for_update().get(pk=row.pk)
        if request.POST.get("version") != str(row.version):
            raise FormError({"name": f"{row.name} was changed by somebody else since you opened it; open it again"})
        change_accelerator(request.caller, row, name, values)


@require_POST
@signed_in
def check(request: PageRequest, project: str) -> HttpResponse:
    """What the parameters of a form would cost, or what is wrong with each, as one types."""
    open_project(request, project, Role.EDITOR)
    context = _outcome(request.POST.get("name", "") or "custom", values_of(request.POST))
    return render(request, "accelerators/checked.html", context | {"live": True})


def _outcome(name: str, values: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "rows": [(one, values.get(one.name, "")) for one in PARAMETERS],
        "errors": {},
        "costs": None,
    }
    try:
        description = described(name, values)
    except ParameterError as error:
        return {**shown, "errors": _texts(error)}
    return {**shown, "costs": costs_of(description), "description": description}


def _texts(error: ParameterError) -> dict[str, str]:
    return {
        name: f"{text}. Likely fix: {error.fixes[name]}." if name in error.fixes else f"{text}."
        for name, text in error.problems.items()
    }


@require_POST
@signed_in
def delete(request: PageRequest, project: str, accelerator: str) -> HttpResponse:
    """Delete one of the project's own."""
    found = found_in(open_project(request, project, Role.EDITOR), accelerator)
    if found.row is not None:
        delete_accelerator(request.caller, found.row)
        messages.success(request, f"{found.name} is deleted; jobs keep its description.")
    return redirect("accelerators:index", project)

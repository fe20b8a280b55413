"""The installation: its workers, its health, its settings, and who did what in it."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from backend.clients.current import services
from backend.clients.service import ServiceClient, ServiceDownError, ServiceRefusedError
from backend.jobs.claim import ACTIVE
from backend.jobs.health import Check, checks
from backend.jobs.models import Job
from backend.workspace.models import Activity
from contracts.job import JobState, ServiceName
from frontend.lists import listed
from frontend.page import PageRequest, operators_only
from frontend.words import bytes_text, duration_text, number_text

_TITLES: Final = {ServiceName.HARDWARE: "Hardware service", ServiceName.LEARNING: "Learning service"}
_SUFFIXES: Final = {"_bytes": bytes_text, "_s": duration_text}


@operators_only
def workers(request: PageRequest) -> HttpResponse:
    """Who runs jobs, as each service says."""
    context = {
        "clusters": [_cluster(name, client) for name, client in services().items()],
        "busy": Job.objects.filter(state__in=ACTIVE).count(),
        "queued": Job.objects.filter(state=JobState.QUEUED.value).count(),
    }
    template = "administration/workers_state.html" if request.htmx else "administration/workers.html"
    return render(request, template, context)


def _cluster(name: ServiceName, client: ServiceClient) -> dict[str, Any]:
    """A service's workers, or why they are not known."""
    shown: dict[str, Any] = {
        "title": _TITLES[name],
        "variable": f"PROPRUNN_BACKEND_{name.upper()}",
        "down": "",
        "workers": [],
    }
    try:
        shown |= dict(client.workers())
    except (ServiceDownError, ServiceRefusedError) as error:
        shown["down"] = str(error)
    return {**shown, "slots": sum(worker["slots"] for worker in shown["workers"])}


@operators_only
def health(request: PageRequest) -> HttpResponse:
    """How each part is, found out by using it."""
    found = checks()
    rows = [(check, _figures(check)) for check in found]
    context = {"rows": rows, "wrong": sum(not check.ok for check in found)}
    template = "administration/health_state.html" if request.htmx else "administration/health.html"
    return render(request, template, context)


def _figures(check: Check) -> list[tuple[str, str]]:
    """What else a check says, with the unit of each name's end."""
    return [_figure(name, value) for name, value in check.figures.items()]


def _figure(name: str, value: Any) -> tuple[str, str]:
    suffix = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")
    text = _SUFFIXES[suffix](value) if suffix else number_text(value)
    return name.removesuffix(suffix).replace("_", " "), text


@operators_only
def settings_page(request: PageRequest) -> HttpResponse:
    """Every setting with its variable, value and meaning; secrets are hidden."""
    rows = [{**row, "text": _setting(row["name"], row["value"])} for row in settings.ENVIRONMENT.shown()]
    changed = sum(not row["is_default"] for row in rows)
    return render(request, "administration/settings.html", {"rows": rows, "changed": changed})


def _setting(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return bytes_text(value) if "_bytes" in name else number_text(value)


@operators_only
def activity(request: PageRequest) -> HttpResponse:
    """Who did what, in all projects and to all accounts."""
    part = listed(request, Activity.objects.select_related("user", "project"))
    return render(request, "administration/activity.html", {"part": part})

"""Webhooks of a project: where its events are posted, the secret that signs them, and what became of each posting."""

import json
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from backend.api.views_webhooks import DeliveryQuery, WebhookChange, WebhookForm
from backend.webhooks import endpoints
from backend.webhooks.models import KINDS, DeliveryState, Webhook
from backend.workspace.access import changeable_projects, project_for
from backend.workspace.models import Project, Role
from frontend.context import at_hand
from frontend.forms import FormError, checked, chosen, refusals, texts
from frontend.lists import listed
from frontend.page import PageRequest, open_project, signed_in

_PROJECTS: Final = 200
_OVERLAP_WORDS: Final = "For a day the old one signs too, so that the receiver can change over."


@signed_in
def webhooks_page(request: PageRequest) -> HttpResponse:
    """A project's webhooks and a form for a new one; its secret is shown only in the answer to that form."""
    projects = list(changeable_projects(request.caller.user).order_by("-id")[:_PROJECTS])
    project = _chosen(request, projects)
    if project is None:
        return render(request, "settings_pages/webhooks.html", {"projects": projects})
    if request.method != "POST":
        return _list(request, project, projects, {})
    given = {**texts(request.POST, "address", "description"), "kinds": request.POST.getlist("kinds")}
    try:
        values = checked(WebhookForm, given)
        with refusals():
            made = endpoints.create(request.caller, project, values.pop("address"), **values)
    except FormError as error:
        return _list(request, project, projects, {"errors": error.errors, "given": given})
    return _list(request, project, projects, {"made": made[0], "secret": made[1]})


def _chosen(request: PageRequest, projects: list[Project]) -> Project | None:
    """The project that the address or the form names, else the one at hand."""
    named = request.POST.get("project") or request.GET.get("project")
    if named:
        return open_project(request, named, Role.EDITOR)
    found = at_hand(request, projects)
    request.project = found
    return found


def _list(request: PageRequest, project: Project, projects: list[Project], more: dict[str, Any]) -> HttpResponse:
    context = {
        "project": project,
        "projects": projects,
        "part": listed(request, Webhook.objects.filter(project=project)),
        "kinds": KINDS,
        "given": {"kinds": ["job.completed", "job.failed"]},
        "errors": {},
    }
    return render(request, "settings_pages/webhooks.html", context | more)


@signed_in
def webhook_page(request: PageRequest, webhook: str) -> HttpResponse:
    """One webhook: how it goes, what was posted, and what can be done with it."""
    return _one(request, _found(request, webhook), {})


def _found(request: PageRequest, webhook: str) -> Webhook:
    found = endpoints.webhook_for(request.caller.user, webhook)
    request.project = project_for(request.caller.user, found.project_id)
    return found


def _one(request: PageRequest, found: Webhook, more: dict[str, Any]) -> HttpResponse:
    wanted = chosen(DeliveryQuery, request.GET, "state")
    part = listed(request, found.deliveries.filter(**wanted).defer("payload"))
    context = {
        "webhook": found,
        "project": request.project,
        "part": part,
        "pending": any(row.state == DeliveryState.PENDING for row in part.rows),
        "chosen": wanted,
        "states": DeliveryState.choices,
        "kinds": KINDS,
        "given": {"address": found.url, "description": found.description, "kinds": found.kinds},
        "errors": {},
    }
    template = "settings_pages/deliveries.html" if request.htmx else "settings_pages/webhook.html"
    return render(request, template, context | more)


@signed_in
def delivery_page(request: PageRequest, webhook: str, delivery: str) -> HttpResponse:
    """One delivery: what is sent, and what came of each try."""
    found = endpoints.delivery_for(request.caller.user, webhook, delivery)
    request.project = project_for(request.caller.user, found.webhook.project_id)
    payload = json.dumps(json.loads(found.payload), indent=2)
    context = {"delivery": found, "webhook": found.webhook, "project": request.project, "payload": payload}
    return render(request, "settings_pages/delivery.html", context)


@require_POST
@signed_in
def change(request: PageRequest, webhook: str) -> HttpResponse:
    """Change address, description or kinds."""
    found = _found(request, webhook)
    given = {**texts(request.POST, "address", "description"), "kinds": request.POST.getlist("kinds")}
    try:
        values = {"description": "", **checked(WebhookForm, given)}
        with refusals():
            endpoints.change(request.caller, found, url=values.pop("address"), **values)
    except FormError as error:
        return _one(request, found, {"errors": error.errors, "given": given})
    messages.success(request, "Saved.")
    return redirect("settings:webhook", webhook)


@require_POST
@signed_in
def switch(request: PageRequest, webhook: str) -> HttpResponse:
    """Disable or enable; what waits meanwhile is posted when it is enabled again."""
    enabled = checked(WebhookChange, texts(request.POST, "enabled"), partial=True).get("enabled", False)
    endpoints.change(request.caller, _found(request, webhook), enabled=enabled)
    messages.success(request, "Enabled: what waits is posted now." if enabled else "Disabled: events wait.")
    return redirect("settings:webhook", webhook)


@require_POST
@signed_in
def rotate(request: PageRequest, webhook: str) -> HttpResponse:
    """Make a new secret; it is shown only in this answer."""
    found = _found(request, webhook)
    secret = endpoints.rotate(request.caller, found)
    return _one(request, found, {"made": found, "secret": secret, "more_words": _OVERLAP_WORDS})


@require_POST
@signed_in
def test(request: PageRequest, webhook: str) -> HttpResponse:
    """Post a test once; the list of deliveries says what came of it."""
    endpoints.send_test(request.caller, _found(request, webhook))
    messages.success(request, "A test is on its way: see the deliveries.")
    return redirect("settings:webhook", webhook)


@require_POST
@signed_in
def replay(request: PageRequest, webhook: str, delivery: str) -> HttpResponse:
    """Post the same message again."""
    try:
        with refusals():
            endpoints.replay(request.caller, endpoints.delivery_for(request.caller.user, webhook, delivery))
    except FormError as error:
        messages.error(request, " ".join(error.errors.values()))
    else:
        messages.success(request, "The same message is posted again.")
    return redirect("settings:webhook", webhook)


@require_POST
@signed_in
def remove(request: PageRequest, webhook: str) -> HttpResponse:
    """Remove a webhook with its deliveries."""
    found = _found(request, webhook)
    endpoints.remove(request.caller, found)
    messages.success(request, "The webhook is removed.")
    return redirect(f"{reverse('settings:webhooks')}?project={found.project_id}")

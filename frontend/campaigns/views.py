"""The list of a project's campaigns, and one of them."""

import json
from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from backend.accounts.caller import Caller
from backend.api.views_campaigns import ExtendForm, campaign_document
from backend.clients.service import ServiceDownError, ServiceRefusedError
from backend.jobs.campaigns import Standing, cancel_campaign, extend, pause, resume, standing, standings
from backend.jobs.claim import place_of
from backend.jobs.distributions import distributions_of
from backend.jobs.models import LIVE, Campaign
from backend.jobs.visible import campaign_for
from backend.workspace.access import may
from backend.workspace.models import Role
from contracts.job import CampaignState
from frontend.campaigns.plots import plots_of
from frontend.forms import FormError, checked, refusals
from frontend.jobs.live import log_of
from frontend.lists import listed
from frontend.page import PageRequest, open_project, signed_in
from frontend.words import told

_ACTIONS: Final[dict[str, Callable[[Caller, str], Standing]]] = {
    "pause": pause,
    "resume": resume,
    "cancel": cancel_campaign,
}
_RESUMABLE: Final = (CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.FAILED)


@signed_in
def index(request: PageRequest, project: str) -> HttpResponse:
    """All campaigns of a project, newest first."""
    found = open_project(request, project)
    part = listed(request, Campaign.objects.filter(project=found).select_related("created_by"))
    context = {
        "project": found,
        "rows": standings(part.rows),
        "following": part.following,
        "editor": may(request.caller.user, project, Role.EDITOR),
    }
    return render(request, "campaigns/index.html", context)


@signed_in
def campaign_page(request: PageRequest, campaign: str) -> HttpResponse:
    """One campaign: how it stands, how its rows are distributed, its log; the browser goes on from there."""
    found = _found(request, campaign)
    context = _context(request, found) | _rows(found) | {"lines": log_of(found.job)}
    return render(request, "campaigns/campaign.html", context)


@signed_in
def panel(request: PageRequest, campaign: str) -> HttpResponse:
    """The part of the page that changes with its state."""
    return render(request, "campaigns/panel.html", _context(request, _found(request, campaign)))


@signed_in
def rows(request: PageRequest, campaign: str) -> HttpResponse:
    """The part that changes with its rows."""
    return render(request, "campaigns/rows.html", _rows(_found(request, campaign)))


@require_POST
@signed_in
def act(request: PageRequest, campaign: str) -> HttpResponse:
    """Pause, resume, cancel, extend."""
    do = request.POST.get("do", "")
    try:
        with refusals():
            if do == "extend":
                values = checked(ExtendForm, {"networks": request.POST.get("networks", "")})
                extend(request.caller, campaign, values["networks"])
            elif do in _ACTIONS:
                _ACTIONS[do](request.caller, campaign)
    except FormError as error:
        for text in error.errors.values():
            messages.error(request, text)
    return redirect("campaigns:campaign", campaign)


def _found(request: PageRequest, campaign: str) -> Standing:
    row = campaign_for(request.caller, campaign)
    request.project = row.project
    return standing(row)


def _context(request: PageRequest, found: Standing) -> dict[str, Any]:
    job = found.job
    return {
        "found": found,
        "campaign": found.campaign,
        "job": job,
        "project": found.campaign.project,
        "shown": campaign_document(found),
        "place": place_of(job, 1),
        "live": job.state in LIVE,
        "editor": may(request.caller.user, found.campaign.project_id, Role.EDITOR),
        "resumable": found.state in _RESUMABLE,
        "least": found.networks + 1,
        "doubled": 2 * found.networks,
        "told": told(job.failure["message"]) if job.failure else None,
        "definition": json.dumps(found.definition, indent=1),
        "page_path": reverse("campaigns:campaign", args=[found.campaign.pk]),
    }


def _rows(found: Standing) -> dict[str, Any]:
    """Distributions with their words; why there are none where the service cannot be asked."""
    try:
        distributions = distributions_of(found)
    except (ServiceDownError, ServiceRefusedError) as error:
        return {"campaign": found.campaign, "distributions": None, "problem": str(error)}
    return {"campaign": found.campaign, "distributions": distributions, **plots_of(distributions)}

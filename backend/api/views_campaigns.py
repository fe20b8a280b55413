"""Campaigns: estimated, submitted, watched, paused, resumed, extended."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope
from backend.api.endpoint import Endpoint, body_of, once, query_of
from backend.api.forms import Strict
from backend.api.openapi import IDEMPOTENCY_KEY
from backend.api.pages import NamedQuery, answer, part, searched
from backend.api.schemas import documented
from backend.api.schemas_campaigns import CampaignEstimateView, CampaignPage, CampaignView, DistributionsView
from backend.jobs.campaigns import (
    MOST_NETWORKS,
    Standing,
    cancel_campaign,
    check_definition,
    estimate,
    extend,
    pause,
    resume,
    standing,
    standings,
    submit_campaign,
)
from backend.jobs.changes import artifacts_of
from backend.jobs.distributions import distributions_of
from backend.jobs.documents import plain
from backend.jobs.models import Campaign
from backend.jobs.visible import campaign_for
from backend.workspace.access import project_for
from backend.workspace.models import Role

_OF_JOB: Final = ("phase", "fraction", "seconds_left", "reason")


class DefinitionForm(Strict):
    """What a campaign consists of."""

    definition = serializers.DictField(help_text="What a campaign's TOML file holds (docs/campaigns.md).")


class CampaignForm(DefinitionForm):
    """A campaign to be run."""

    name = serializers.CharField(
        max_length=100, allow_blank=True, default="", help_text="The definition's own unless given."
    )
    simulator = serializers.ChoiceField(
        choices=["rtl", "null"], required=False, help_text="`null` measures nothing; for tests."
    )


class ExtendForm(Strict):
    """To how many networks a campaign grows."""

    networks = serializers.IntegerField(min_value=1, max_value=MOST_NETWORKS)


def campaign_item(found: Standing) -> dict[str, Any]:
    """A campaign in lists."""
    row = found.campaign
    return {
        "id": row.pk,
        "project": row.project_id,
        "name": row.name,
        "state": found.state.value,
        **{name: getattr(found, name) for name in ("networks", "rows_in_all", "rows", "failures", "rows_per_minute")},
        **{name: getattr(found.job, name) for name in _OF_JOB},
        "job": found.job.pk,
        "created": plain(row.created),
        "created_by": row.created_by_id,
        "url": f"/api/v1/campaigns/{row.pk}",
    }


def campaign_document(found: Standing) -> dict[str, Any]:
    """A campaign by itself."""
    item = campaign_item(found)
    return {
        **item,
        "definition": found.definition,
        "failure": found.job.failure,
        "artifacts": artifacts_of(found.job),
        "events_url": f"/api/v1/jobs/{found.job.pk}/events",
        "distributions_url": f"{item['url']}/distributions",
    }


def _accepted(found: Standing) -> Response:
    body = campaign_document(found)
    return Response(body, HTTPStatus.ACCEPTED, headers={"Location": body["url"]})


class Campaigns(Endpoint):
    """Campaigns of one project."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(parameters=[NamedQuery], responses=documented(CampaignPage), operation_id="list_campaigns")
    def get(self, request: Request, project: str) -> Response:
        """All campaigns, newest first."""
        query = query_of(request, NamedQuery)
        rows = searched(Campaign.objects.filter(project=project_for(self.user, project)), query)
        found = part(rows, query, lambda rows: rows)
        items = {one.campaign.pk: one for one in standings(found.rows)}
        return answer(found, lambda row: campaign_item(items[row.pk]))

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=CampaignForm,
        responses=documented(CampaignView, accepted=True),
        operation_id="submit_campaign",
    )
    def post(self, request: Request, project: str) -> Response:
        """Submit a campaign; for editors. Single jobs go before it; its rows stay with the hardware service."""
        found = project_for(self.user, project, Role.EDITOR)
        values = body_of(request, CampaignForm)
        name = values.pop("name")
        check_definition(found, values["definition"])
        return once(request, lambda: _accepted(submit_campaign(self.caller, found, name, values)))


class CampaignEstimate(Endpoint):
    """What a campaign will take."""

    scope: ClassVar[Scope] = Scope.RUN

    @extend_schema(
        request=DefinitionForm,
        responses=documented(CampaignEstimateView, upload=True),
        operation_id="estimate_campaign",
    )
    def post(self, request: Request, project: str) -> Response:
        """Rows and minutes, in all and by part, before anything starts; for editors. Large definitions take some seconds."""
        found = project_for(self.user, project, Role.EDITOR)
        return Response(estimate(found, body_of(request, DefinitionForm)["definition"]))


class OneCampaign(Endpoint):
    """One campaign."""

    @extend_schema(responses=documented(CampaignView), operation_id="get_campaign")
    def get(self, request: Request, campaign: str) -> Response:
        """A campaign that the caller may see, as its newest job stands."""
        del request
        return Response(campaign_document(standing(campaign_for(self.caller, campaign))))


class _Change(Endpoint):
    """Something that is done to a campaign."""

    scope: ClassVar[Scope] = Scope.RUN

    def _once(self, request: Request, do: Callable[[], Standing]) -> Response:
        return once(request, lambda: _accepted(do()))


class PauseCampaign(_Change):
    """Stop it to go on later."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=documented(CampaignView, accepted=True),
        operation_id="pause_campaign",
    )
    def post(self, request: Request, campaign: str) -> Response:
        """Pause: `pausing` at once, `paused` when all its processes are gone. Every row that is there is kept; for editors."""
        return self._once(request, lambda: pause(self.caller, campaign))


class ResumeCampaign(_Change):
    """Go on with it."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=documented(CampaignView, accepted=True),
        operation_id="resume_campaign",
    )
    def post(self, request: Request, campaign: str) -> Response:
        """Go on with what was paused, cancelled or failed, in a new job that repeats no row; for editors."""
        return self._once(request, lambda: resume(self.caller, campaign))


class CancelCampaign(_Change):
    """End it."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=documented(CampaignView, accepted=True),
        operation_id="cancel_campaign",
    )
    def post(self, request: Request, campaign: str) -> Response:
        """Cancel it, also while it is paused; for editors."""
        return self._once(request, lambda: cancel_campaign(self.caller, campaign))


class ExtendCampaign(_Change):
    """More of the same."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ExtendForm,
        responses=documented(CampaignView, accepted=True),
        operation_id="extend_campaign",
    )
    def post(self, request: Request, campaign: str) -> Response:
        """Grow its parts in proportion, in a new job that repeats no row; for editors."""
        networks = body_of(request, ExtendForm)["networks"]
        return self._once(request, lambda: extend(self.caller, campaign, networks))


class CampaignDistributions(Endpoint):
    """How its rows are distributed."""

    @extend_schema(responses=documented(DistributionsView, upload=True), operation_id="get_campaign_distributions")
    def get(self, request: Request, campaign: str) -> Response:
        """Histograms, scatter, counts and failures of the rows that are there so far, aggregated; while it runs, too."""
        del request
        return Response(distributions_of(standing(campaign_for(self.caller, campaign))))

"""Campaigns before they start, and while their rows come."""

import asyncio
import json
import os
import tempfile
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request

from hwservice.api.schemas import CampaignForecast, DefinitionBody
from hwservice.api.service import service_of
from hwservice.campaign.definition import campaign_of_wire
from hwservice.campaign.members import rows_so_far
from hwservice.jobs.campaign import rows_folder
from servicekit.api.problems import documented
from servicekit.api.uploads import found
from servicekit.jobs.gate import Gate, check

router = APIRouter(prefix="/v1")
_PROBLEMS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY)
_FORECAST_SECONDS: Final = 110.0
"""Largest definitions take some seconds of a processor; whoever asks waits for two minutes."""


@router.post(
    "/campaigns/estimate", tags=["campaigns"], responses=documented(*_PROBLEMS, HTTPStatus.SERVICE_UNAVAILABLE)
)
async def estimate_campaign(request: Request, body: DefinitionBody) -> CampaignForecast:
    """Whether a definition is valid, and what it will take; some of its networks are priced by a limited process."""
    gate = service_of(request).gate
    gate = replace(gate, limits=replace(gate.limits, seconds=_FORECAST_SECONDS))
    processors = len(os.sched_getaffinity(0))
    facts = await asyncio.to_thread(_forecast, body.definition, processors, gate)
    return CampaignForecast(**facts, processors=processors)


def _forecast(definition: dict[str, Any], processors: int, gate: Gate) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="proprunn-campaign-") as place:
        path, folder = Path(place) / "definition.json", Path(place) / "work"
        path.write_text(json.dumps(definition))
        folder.mkdir()
        outcome = check("campaign", path, {"name": "definition.json", "processors": processors}, folder, gate)
    return dict(found(outcome, "body.definition"))


@router.post("/campaigns/rows", tags=["campaigns"], responses=documented(*_PROBLEMS))
async def look_at_rows(body: DefinitionBody) -> dict[str, Any]:
    """How the rows of a definition that are there so far are distributed (`contracts.campaign.Rows`); while it runs, too."""
    return await asyncio.to_thread(_distributions, body.definition)


def _distributions(definition: dict[str, Any]) -> dict[str, Any]:
    campaign = campaign_of_wire(definition)
    return rows_so_far(campaign, rows_folder(campaign)).distributions()

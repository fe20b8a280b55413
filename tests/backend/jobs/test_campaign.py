"""Campaigns as the backend takes them: by their definition alone."""

from typing import Any

import pytest

from backend.api.problems import ProblemError
from backend.api.views_jobs import wish_of
from backend.jobs.orders import OrderError, Wish, order
from backend.workspace.models import Project
from contracts.job import JobKind

pytestmark = pytest.mark.django_db
DEFINITION: dict[str, Any] = {"name": "ours", "accelerators": ["edge-8x8"], "part": []}


def test_a_definition_goes_to_the_service_as_it_is(project: Project) -> None:
    wish = wish_of({"kind": "campaign", "definition": DEFINITION, "simulator": "null"})
    found = order(project, wish)
    assert found.body == {"kind": "campaign", "options": {"definition": DEFINITION, "simulator": "null"}}
    assert (found.network, found.accelerator, found.files) == (None, None, ())


def test_a_campaign_without_a_definition_is_refused(project: Project) -> None:
    with pytest.raises(OrderError, match="definition is missing"):
        order(project, Wish(JobKind.CAMPAIGN, None))


def test_a_campaign_takes_no_network() -> None:
    with pytest.raises(ProblemError, match="no network"):
        wish_of({"kind": "campaign", "definition": DEFINITION, "network": "net_1"})

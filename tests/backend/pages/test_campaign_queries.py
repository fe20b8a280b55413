"""What the pages of campaigns ask of the database: the same however many there are, and however often they were resumed."""

from collections.abc import Iterator

import pytest

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.clients import current
from backend.jobs.campaigns import pause, resume, submit_campaign
from backend.workspace.models import Project
from tests.backend.api.roles import DEFINITION
from tests.backend.api.world import Hardware
from tests.backend.pages.conftest import Asked

QUERIES = {"index": 8, "new": 5, "campaign": 13, "panel": 10, "rows": 6}


@pytest.fixture(autouse=True)
def _hardware(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(current, "ServiceClient", Hardware)
    current.hardware_service.cache_clear()
    yield
    current.hardware_service.cache_clear()


@pytest.mark.parametrize("count", [1, 12])
def test_a_page_asks_as_often_however_much_there_is(project: Project, editor: User, asked: Asked, count: int) -> None:
    caller = Caller.of_session(editor)
    for _ in range(count):
        campaign = submit_campaign(caller, project, "", {"definition": DEFINITION}).campaign
        pause(caller, campaign.pk)
        resume(caller, campaign.pk)
    of_project, of_one = f"/projects/{project.pk}/campaigns", f"/campaigns/{campaign.pk}"
    places = {"index": of_project, "new": f"{of_project}/new", "campaign": of_one}
    places |= {name: f"{of_one}/{name}" for name in ("panel", "rows")}
    for name, address in places.items():
        asked(editor, address, QUERIES[name])

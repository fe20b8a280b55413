"""What the pages of comparisons ask of the database: the same however many simulations there are."""

import pytest

from backend.accounts.models import User
from backend.workspace.models import Project
from tests.backend.conftest import SignedIn
from tests.backend.pages.conftest import Asked, Finished

CHOOSING = 6
COMPARING = 6


@pytest.mark.parametrize("count", [2, 40])
def test_choosing(viewer: User, project: Project, finished: Finished, asked: Asked, count: int) -> None:
    finished(count)
    asked(viewer, f"/projects/{project.pk}/compare", CHOOSING)


@pytest.mark.parametrize("count", [2, 100])
def test_comparing(viewer: User, project: Project, finished: Finished, asked: Asked, count: int) -> None:
    names = ",".join(job.pk for job in finished(count))
    page = asked(viewer, f"/projects/{project.pk}/compare?jobs={names}", COMPARING)
    assert page.count(b'scope="row"><a href') == count
    assert len(page) < 2_000_000


def test_a_project_without_simulations_says_what_to_do(viewer: User, project: Project, signed_in: SignedIn) -> None:
    text = signed_in(viewer).get(f"/projects/{project.pk}/compare").content.decode()
    assert "Nothing to compare yet" in text
    assert f"/projects/{project.pk}/jobs/new" in text

"""What a report asks of the database."""

from backend.accounts.models import User
from tests.backend.pages.conftest import Asked, Finished

REPORT = 10


def test_a_report(viewer: User, finished: Finished, asked: Asked) -> None:
    assert b"Where most would be saved" in asked(viewer, f"/jobs/{finished(1)[0].pk}/report", REPORT)

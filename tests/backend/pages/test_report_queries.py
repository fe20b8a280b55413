"""What a report asks of the database."""

from typing import Any

from backend.accounts.models import User
from tests.backend.conftest import SignedIn
from tests.backend.pages.conftest import Finished

REPORT = 10


def test_a_report(viewer: User, finished: Finished, signed_in: SignedIn, django_assert_num_queries: Any) -> None:
    job = finished(1)[0]
    browser = signed_in(viewer)
    with django_assert_num_queries(REPORT):
        answer = browser.get(f"/jobs/{job.pk}/report")
    assert b"Where most would be saved" in answer.content

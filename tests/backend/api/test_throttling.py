"""How often one caller may ask, counted by all processes together."""

from typing import Final

import pytest

from backend.accounts.models import User
from backend.api.throttling import Lots
from tests.backend.conftest import ClientOf, Configure

MINUTE: Final = 7


def test_whoever_asks_too_often_is_told_when_to_come_again(
    owner: User, viewer: User, client_of: ClientOf, configure: Configure
) -> None:
    configure(requests_per_minute=3)
    client = client_of(owner)
    answers = [client.get("/api/v1/me") for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # A new minute may begin meanwhile.
    assert 2 <= len(refused) <= 5
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert client_of(viewer).get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("limit", [1, 3, 99, 100, 101, 1000, 6000])
def test_one_process_allows_exactly_the_limit(limit: int) -> None:
    lots = Lots()
    assert sum(lots.take("ann", limit, MINUTE) for _ in range(limit + 50)) == limit


@pytest.mark.parametrize("limit", [3, 1000])
def test_two_processes_together_allow_the_limit_but_for_a_hundredth_each(limit: int) -> None:
    processes = [Lots(), Lots()]
    allowed = sum(
        processes[turn % 2 if turn < limit // 3 else 0].take("ann", limit, MINUTE) for turn in range(3 * limit)
    )
    assert limit - max(limit // 100, 1) <= allowed <= limit


def test_the_next_minute_counts_from_nothing() -> None:
    lots = Lots()
    assert [lots.take("ann", 1, minute) for minute in (MINUTE, MINUTE, MINUTE + 1)] == [True, False, True]

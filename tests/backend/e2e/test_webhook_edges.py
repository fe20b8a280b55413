"""`kill -9` of whoever posts webhooks at each edge of a delivery: the message comes, under one name, and is recorded once.

Between a receiver's answer and its record in the database nobody can know that it came: then it comes once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.backend.e2e.jobs import new_project, submit
from tests.backend.e2e.mortal import arm, is_armed
from tests.backend.e2e.stack import Stack, running_stack, until
from tests.backend.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.slow

TAKE, DECIDE, FINISH = (f"backend.webhooks.tries.{name}" for name in ("_take", "_decide", "finish"))


@dataclass(frozen=True)
class Place:
    """A project whose cancelled jobs are posted to a receiver."""

    stack: Stack
    receiver: Receiver
    project: str
    network: str
    webhook: str

    def deliveries(self) -> list[dict[str, Any]]:
        answer = self.stack.client().get(f"/webhooks/{self.webhook}/deliveries")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def cancel_a_job(self) -> None:
        url = submit(self.stack, self.project, network=self.network, count=10_000)
        assert self.stack.client().post(self.stack.backend.url + url + "/cancel").status_code == 202


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("webhook-edges")
    with (
        receiving() as receiver,
        running_stack(folder, "tests.backend.e2e.mortal", webhook_networks="127.0.0.0/8", lease_s="2") as stack,
    ):
        project, network = new_project(stack)
        form = {"address": receiver.url, "kinds": ["job.cancelled"]}
        answer = stack.client().post(f"/projects/{project}/webhooks", json=form)
        assert answer.status_code == 201, answer.text
        yield Place(stack, receiver, project, network, answer.json()["id"])


@pytest.mark.parametrize(
    ("point", "times"),
    [
        (f"{TAKE} before", 1),
        (f"{TAKE} after", 1),
        (f"{FINISH} before", 2),
        (f"{DECIDE} before", 2),
        (f"{DECIDE} after", 2),
        (f"{FINISH} after", 1),
    ],
)
def test_a_message_comes_however_its_bearer_died(point: str, times: int, place: Place) -> None:
    known, file = {row["id"] for row in place.deliveries()}, place.stack.folder / "mortal"
    place.receiver.requests.clear()
    arm(file, point)
    place.cancel_a_job()
    place.stack.backend.revive()
    assert not is_armed(file), "nobody came by"
    until(lambda: all(row["state"] == "delivered" for row in place.deliveries()), 30)
    (made,) = [row for row in place.deliveries() if row["id"] not in known]
    assert (made["tries"], len(made["attempts"])) == (1, 1)
    assert [request.headers["webhook-id"] for request in place.receiver.requests] == [made["message"]] * times

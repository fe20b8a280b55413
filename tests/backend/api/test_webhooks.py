"""Webhooks over the API."""

from functools import partial
from typing import Any

import pytest

from backend.accounts.models import User
from backend.webhooks import outbox
from backend.webhooks.models import Delivery, Webhook
from backend.webhooks.posting import Answer
from backend.webhooks.tries import claim, finish
from backend.workspace.models import Activity, Project
from tests.backend.conftest import Api, ClientOf


@pytest.fixture
def client(editor: User, client_of: ClientOf) -> Api:
    return client_of(editor)


FORM: dict[str, Any] = {"address": "https://receiver.example/hook", "kinds": ["job.completed", "job.failed"]}


@pytest.fixture
def made(client: Api, project: Project) -> dict[str, Any]:
    answer = client.post(f"/api/v1/projects/{project.pk}/webhooks", FORM)
    assert answer.status_code == 201, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def test_the_secret_is_shown_once_and_kept_sealed(client: Api, made: dict[str, Any], project: Project) -> None:
    assert made["secret"].startswith("whsec_")
    assert "secret" not in client.get(made["url"]).json()
    assert [item["id"] for item in client.get(f"/api/v1/projects/{project.pk}/webhooks").json()["items"]] == [
        made["id"]
    ]
    assert made["secret"] not in str(Webhook.objects.values())


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"address": "http://10.0.0.1/"}, "address"),
        ({"address": "gopher://example.org"}, "address"),
        ({"kinds": ["job.lost"]}, "kinds.0"),
        ({"kinds": []}, "kinds"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_is_named(client: Api, project: Project, form: dict[str, Any], field: str) -> None:
    answer = client.post(f"/api/v1/projects/{project.pk}/webhooks", FORM | form)
    assert (answer.status_code, answer.json()["field"]) == (422, f"body.{field}")
    assert not Webhook.objects.exists()


def test_a_webhook_is_changed_disabled_and_removed(client: Api, made: dict[str, Any]) -> None:
    seen = client.get(made["url"])["ETag"]
    changed = client.patch(made["url"], {"kinds": ["job.queued"], "enabled": False}).json()
    assert (changed["kinds"], changed["enabled"], changed["address"]) == (["job.queued"], False, FORM["address"])
    assert client.patch(made["url"], {"enabled": True}, HTTP_IF_MATCH=seen).status_code == 412
    assert client.patch(made["url"], {"enabled": True}).json()["disabled_reason"] == ""
    assert client.delete(made["url"]).status_code == 204
    assert client.get(made["url"]).status_code == 404
    verbs = Activity.objects.filter(subject=made["id"]).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["webhook.create", "webhook.change", "webhook.change", "webhook.remove"]


def test_a_new_secret_leaves_the_old_one_its_time(client: Api, made: dict[str, Any]) -> None:
    rotated = client.post(made["url"] + "/rotate", {}).json()
    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"] is not None
    assert client.post(made["url"] + "/rotate", {"overlap_s": 0}).json()["old_secret_until"] is None


def test_a_project_has_twenty_at_most(client: Api, project: Project) -> None:
    url = f"/api/v1/projects/{project.pk}/webhooks"
    assert [client.post(url, FORM).status_code for _ in range(21)] == [201] * 20 + [409]


def test_deliveries_are_listed_with_their_codes_and_replayed(
    client: Api, made: dict[str, Any], project: Project
) -> None:
    for number in range(3):
        outbox.announce(project.pk, "job.completed", partial(dict, id=f"job_{number}"))
    for found, code in zip(claim(2), (204, 500), strict=True):
        finish(found.delivery, found.lease, Answer(code, "" if code == 204 else f"status {code}", 3.0))
    url = made["url"] + "/deliveries"
    first = client.get(url, {"limit": 2}).json()
    rest = client.get(url, {"limit": 2, "cursor": first["next"]}).json()
    assert [item["response_code"] for item in first["items"] + rest["items"]] == [None, 500, 204]
    good = client.get(url, {"state": "delivered"}).json()["items"][0]
    assert client.get(good["url"]).json()["payload"]["data"] == {"id": "job_0"}
    answer = client.post(good["url"] + "/replay")
    assert (answer.status_code, answer.json()["message"], answer.json()["replay_of"]) == (
        202,
        good["message"],
        good["id"],
    )
    assert client.get(answer["Location"]).json()["state"] == "pending"


def test_a_delivery_is_found_only_under_its_own_webhook(client: Api, made: dict[str, Any], project: Project) -> None:
    other = client.post(f"/api/v1/projects/{project.pk}/webhooks", FORM).json()
    delivery = client.post(made["url"] + "/test").json()
    assert client.get(f"{other['url']}/deliveries/{delivery['id']}").status_code == 404


def test_a_disabled_webhook_replays_nothing(client: Api, made: dict[str, Any]) -> None:
    delivery = client.post(made["url"] + "/test").json()
    client.patch(made["url"], {"enabled": False})
    assert client.post(delivery["url"] + "/replay").status_code == 409


def test_a_project_that_is_deleted_takes_its_webhooks_along(
    client: Api, made: dict[str, Any], project: Project, owner: User, client_of: ClientOf
) -> None:
    client.post(made["url"] + "/test")
    assert client_of(owner).delete(f"/api/v1/projects/{project.pk}").status_code == 204
    assert not Delivery.objects.exists()

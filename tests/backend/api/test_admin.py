"""What operators see and do."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from backend.accounts.models import User
from backend.clients.current import hardware_service
from backend.clients.service import ServiceDownError
from backend.jobs import heartbeat
from backend.jobs.models import Job
from backend.jobs.storage import check_storage
from backend.jobs.submit import QuotaError, check_quota
from backend.workspace.models import Network
from tests.backend.conftest import PASSWORD, Api, ClientOf, Configure, Mails, Person

USERS = "/api/v1/admin/users"


@pytest.fixture
def admin(operator: User, client_of: ClientOf) -> Api:
    return client_of(operator)


def test_accounts_are_found_by_part_of_address_or_name_and_by_state(admin: Api, person: Person) -> None:
    person("ann")
    person("bob", is_active=False)

    def addresses(**query: str) -> list[str]:
        return [item["email"].partition("@")[0] for item in admin.get(USERS, query).json()["items"]]

    assert addresses(search="ANN") == ["ann"]
    assert addresses(state="locked") == ["bob"]
    assert addresses(state="operator") == ["operator"]
    assert addresses(state="active", search="example.org") == ["ann", "operator"]


def test_lists_of_accounts_go_on_after_the_last_one_seen(admin: Api, person: Person) -> None:
    for number in range(5):
        person(f"user{number}")
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        found = admin.get(USERS, query).json()
        seen += [item["email"] for item in found["items"]]
        if found["next"] is None:
            break
        query["cursor"] = found["next"]
    assert len(seen) == len(set(seen)) == 6


def test_whoever_is_invited_chooses_a_password_by_the_link(admin: Api, mails: Mails) -> None:
    answer = admin.post(USERS, {"email": "New@example.org", "name": "New"})
    assert answer.status_code == 201, answer.json()
    assert answer.json()["link"] in mails()[-1].body
    user, token = re.findall(r"/reset/([^/]+)/(\S+)", answer.json()["link"])[0]
    form = {"user": user, "token": token, "password": PASSWORD}
    assert Api().post("/api/v1/password-resets/confirm", form).status_code == 204
    assert User.objects.get(email="new@example.org").check_password(PASSWORD)
    assert Api().post("/api/v1/password-resets/confirm", form).status_code == 422


def test_an_address_is_invited_once(admin: Api, owner: User) -> None:
    answer = admin.post(USERS, {"email": owner.email})
    assert (answer.status_code, answer.json()["field"]) == (422, "body.email")


def test_a_locked_account_s_sessions_and_tokens_do_not_work_until_it_is_unlocked(
    admin: Api, owner: User, client_of: ClientOf
) -> None:
    program, browser = client_of(owner), Client()
    browser.force_login(owner)
    admin.patch(f"{USERS}/{owner.pk}", {"is_active": False})
    assert [client.get("/api/v1/me").status_code for client in (program, browser)] == [401, 401]
    admin.patch(f"{USERS}/{owner.pk}", {"is_active": True})
    assert [client.get("/api/v1/me").status_code for client in (program, browser)] == [200, 200]


def test_quotas_of_a_user_s_own_hold(admin: Api, job: Job, editor: User) -> None:
    quotas = {"weight": 2.5, "running_max": 3, "queued_max": 1, "storage_bytes_max": 100}
    answer = admin.patch(f"{USERS}/{editor.pk}", quotas)
    assert {name: answer.json()[name] for name in quotas} == quotas
    editor.refresh_from_db()
    with pytest.raises(QuotaError, match="exceed 1"):
        check_quota(editor, 1)
    with pytest.raises(QuotaError, match="your uploads and results take"):
        check_storage(job.project, editor, 1)
    admin.patch(f"{USERS}/{editor.pk}", {"queued_max": None, "storage_bytes_max": None})
    editor.refresh_from_db()
    check_quota(editor, 1)
    check_storage(job.project, editor, 1)


@pytest.mark.parametrize(
    ("name", "value"), [("weight", 0), ("running_max", -1), ("level", 1), ("is_active", "perhaps")]
)
def test_a_wrong_quota_is_named(admin: Api, owner: User, name: str, value: object) -> None:
    answer = admin.patch(f"{USERS}/{owner.pk}", {name: value})
    assert (answer.status_code, answer.json()["field"]) == (422, f"body.{name}")


def test_a_change_of_what_has_changed_is_refused(admin: Api, owner: User) -> None:
    seen = admin.get(f"{USERS}/{owner.pk}")["ETag"]
    admin.patch(f"{USERS}/{owner.pk}", {"weight": 2})
    assert admin.patch(f"{USERS}/{owner.pk}", {"weight": 3}, HTTP_IF_MATCH=seen).status_code == 412


@pytest.mark.usefixtures("job")
def test_an_account_in_full_says_what_it_uses(admin: Api, network: Network, editor: User) -> None:
    found = admin.get(f"{USERS}/{editor.pk}").json()
    assert found["projects"] == 1
    assert found["storage_bytes"] == network.versions.get().artifact.size_bytes
    assert found["jobs"] == {"queued": 1, "running": 0, "cancelling": 0}


def test_the_only_operator_can_neither_lock_nor_unmake_herself(admin: Api, operator: User, person: Person) -> None:
    url = f"{USERS}/{operator.pk}"
    assert [admin.patch(url, {name: False}).status_code for name in ("is_active", "is_operator")] == [409, 409]
    person("second", is_operator=True)
    assert admin.patch(url, {"is_operator": False}).status_code == 200
    assert admin.get(USERS).status_code == 404


def test_an_operator_closes_accounts(admin: Api, stranger: User) -> None:
    assert admin.delete(f"{USERS}/{stranger.pk}").status_code == 204
    assert admin.get(f"{USERS}/{stranger.pk}").json()["is_closed"] is True
    assert admin.patch(f"{USERS}/{stranger.pk}", {"is_active": True}).status_code == 409
    assert admin.post(f"{USERS}/{stranger.pk}/link").status_code == 409


def test_settings_are_shown_without_secrets(operator: User, client_of: ClientOf, configure: Configure) -> None:
    secret = "a-secret-that-nobody-may-see-whatever-happens"
    configure(
        secret_key=secret,
        token_key=secret,
        hwservice_token=secret,
        database=f"postgresql://us:{secret}@db:5432/proprunn",
        mail=f"smtp://us:{secret}@mail:587",
    )
    answer = client_of(operator).get("/api/v1/admin/settings")
    assert secret not in answer.content.decode()
    found = {item["name"]: item for item in answer.json()["items"]}
    assert found["database"]["value"] == "postgresql://(hidden)@db:5432/proprunn"
    assert found["signup"] | {"help": ""} == {
        "name": "signup",
        "variable": "PROPRUNN_BACKEND_SIGNUP",
        "value": False,
        "help": "",
        "is_default": True,
    }


class Cluster:
    """A service with workers, or none."""

    def __init__(self, slots: int | None) -> None:
        self._slots = slots

    def workers(self) -> dict[str, Any]:
        if self._slots is None:
            raise ServiceDownError("the hardware service cannot be reached")
        worker = {"name": "0", "host": "127.0.0.1", "slots": self._slots, "running": 0, "silent_s": 0.1}
        return {"version": "1.2", "executor": "dask", "workers": [worker]}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Choose what the services say."""
    yield lambda slots: [
        monkeypatch.setattr(f"backend.{place}", lambda: Cluster(slots))
        for place in (
            "jobs.health.hardware_service",
            "jobs.health.learning_service",
            "api.views_admin.hardware_service",
        )
    ]
    hardware_service.cache_clear()


def health(admin: Api) -> dict[str, Any]:
    found = admin.get("/api/v1/admin/health").json()
    return {"status": found["status"], **{check["name"]: check for check in found["checks"]}}


def test_health_in_detail_is_ok_where_everything_works(admin: Api, cluster: Any) -> None:
    cluster(2)
    heartbeat.beat("here:1")
    found = health(admin)
    assert found["status"] == "ok", found
    assert (found["hardware service"]["detail"], found["hardware service"]["figures"]["slots"]) == (
        "version 1.2, dask",
        2,
    )
    assert found["learning service"]["ok"]
    assert found["disk"]["figures"]["free_bytes"] > 0


def test_health_in_detail_says_which_part_does_not_work_and_what_to_do(admin: Api, cluster: Any) -> None:
    cluster(None)
    cache.clear()
    found = health(admin)
    assert found["status"] == "degraded"
    assert found["database"]["ok"]
    for name in ("hardware service", "learning service"):
        assert "cannot be reached" in found[name]["detail"]
    assert "PROPRUNN_BACKEND_DISPATCH" in found["dispatcher"]["detail"]


def test_workers_are_those_of_the_hardware_service(admin: Api, cluster: Any) -> None:
    cluster(2)
    assert admin.get("/api/v1/admin/workers").json()["workers"][0]["slots"] == 2
    cluster(None)
    assert admin.get("/api/v1/admin/workers").status_code == 503


def test_all_activity_is_listed(admin: Api, owner: User) -> None:
    admin.patch(f"{USERS}/{owner.pk}", {"weight": 2})
    newest = admin.get("/api/v1/admin/activity").json()["items"][0]
    assert (newest["verb"], newest["subject"], newest["details"]) == ("account.change", owner.pk, {"weight": 2})

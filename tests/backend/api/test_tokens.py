"""Tokens: what they allow, from where, and until when."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from backend.accounts.models import Scope, Token, User
from backend.accounts.tokens import issue
from tests.backend.conftest import Api, ClientOf, Configure

TOKENS = "/api/v1/tokens"


def with_token(text: str, **more: Any) -> Api:
    return Api(HTTP_AUTHORIZATION=f"Bearer {text}", **more)


@pytest.fixture
def client(owner: User, client_of: ClientOf) -> Api:
    return client_of(owner)


def new(client: Api, **form: Any) -> Any:
    return client.post(TOKENS, {"name": "ci", "scopes": ["read"], **form})


def test_a_token_s_text_is_shown_once_and_kept_as_hmac(client: Api) -> None:
    made = new(client).json()
    secret = made["token"].partition(".")[2]
    assert with_token(made["token"]).get("/api/v1/me").status_code == 200
    listed = client.get(f"{TOKENS}/{made['id']}").json()
    assert "token" not in listed
    assert secret not in str(Token.objects.filter(pk=made["id"]).values())


@pytest.mark.parametrize("text", ["ppn_0000000000000000." + "a" * 43, "ppn_", "", "Bearer", "ppn_\u00e9.x"])
def test_an_unknown_token_is_refused(client: Api, text: str) -> None:
    del client
    assert with_token(text.encode().decode("latin-1")).get("/api/v1/me").status_code == 401


def test_a_token_does_only_what_its_scopes_say_and_cannot_give_away_more(client: Api) -> None:
    reader = with_token(new(client).json()["token"])
    assert reader.get("/api/v1/projects").status_code == 200
    answer = reader.post("/api/v1/projects", {"name": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "Scope")
    manager = with_token(new(client, scopes=["read", "manage"]).json()["token"])
    assert new(manager, scopes=["run"]).status_code == 403
    assert new(manager, scopes=["read"]).status_code == 201


def test_a_token_works_only_from_its_addresses(client: Api) -> None:
    text = new(client, addresses=["192.0.2.0/24", "2001:db8::/32"]).json()["token"]
    places = {"192.0.2.7": 200, "198.51.100.7": 401, "2001:db8::1": 200, "::ffff:192.0.2.7": 200, "": 401}
    found = {place: with_token(text, REMOTE_ADDR=place).get("/api/v1/me").status_code for place in places}
    assert found == places


def test_a_token_ends_when_it_expires_or_is_revoked(client: Api, owner: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    assert with_token(issue(owner, "old", [Scope.READ], past)[1]).get("/api/v1/me").status_code == 401
    made = new(client).json()
    assert client.delete(f"{TOKENS}/{made['id']}").status_code == 204
    assert with_token(made["token"]).get("/api/v1/me").status_code == 401


def test_all_tokens_are_revoked_at_once(client: Api) -> None:
    other = with_token(new(client).json()["token"])
    assert client.delete(TOKENS).status_code == 204
    assert [one.get("/api/v1/me").status_code for one in (client, other)] == [401, 401]


def test_a_successor_has_the_same_rights_and_both_work_for_a_while(client: Api) -> None:
    made = new(client, scopes=["read", "run"], addresses=["127.0.0.1/32"]).json()
    rotated = client.post(f"{TOKENS}/{made['id']}/rotate", {"overlap_s": 3600}).json()
    same = ("name", "scopes", "addresses", "expires")
    assert {name: rotated[name] for name in same} == {name: made[name] for name in same}
    for text in (made["token"], rotated["token"]):
        assert with_token(text).get("/api/v1/me").status_code == 200
    end = Token.objects.get(pk=made["id"]).expires
    assert end is not None
    assert abs(end - timezone.now() - timedelta(hours=1)) < timedelta(minutes=1)


def test_without_overlap_the_old_token_ends_at_once_and_has_no_second_successor(client: Api) -> None:
    made = new(client).json()
    assert client.post(f"{TOKENS}/{made['id']}/rotate", {}).status_code == 201
    assert with_token(made["token"]).get("/api/v1/me").status_code == 401
    assert client.post(f"{TOKENS}/{made['id']}/rotate", {}).status_code == 409


def test_a_token_cannot_rotate_into_more_than_it_may(client: Api) -> None:
    able = new(client, scopes=["read", "run"]).json()
    manager = with_token(new(client, scopes=["read", "manage"]).json()["token"])
    assert manager.post(f"{TOKENS}/{able['id']}/rotate", {}).status_code == 403


def test_a_token_cannot_issue_one_that_lives_longer_or_works_elsewhere(client: Api) -> None:
    end = (timezone.now() + timedelta(days=1)).isoformat()
    text = new(client, scopes=["read", "manage"], expires=end, addresses=["127.0.0.0/24"]).json()["token"]
    bound = with_token(text)
    late = (timezone.now() + timedelta(days=2)).isoformat()
    assert new(bound, addresses=["127.0.0.1"], expires=late).json()["field"] == "body.expires"
    assert [new(bound, addresses=found).status_code for found in ([], ["127.0.0.0/16"], ["::1"])] == [403] * 3
    made = new(bound, addresses=["127.0.0.1"])
    assert (made.status_code, made.json()["expires"][:16]) == (201, end[:16])


def test_an_installation_may_limit_the_life_of_tokens(client: Api, configure: Configure) -> None:
    configure(token_days_max=30)
    late = new(client, expires=(timezone.now() + timedelta(days=31)).isoformat())
    assert (late.status_code, late.json()["field"]) == (422, "body.expires")
    end = Token.objects.get(pk=new(client).json()["id"]).expires
    assert end is not None
    assert abs(end - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"expires": "2001-01-01T00:00:00Z"}, "expires"),
        ({"addresses": ["192.0.2.1/24"]}, "addresses"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["all"]}, "scopes.0"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_with_a_wish_for_a_token_is_named(client: Api, form: dict[str, Any], field: str) -> None:
    answer = new(client, **form)
    assert (answer.status_code, answer.json()["field"]) == (422, f"body.{field}")


def test_when_a_token_was_last_used_is_seen(client: Api) -> None:
    made = new(client).json()
    assert client.get(f"{TOKENS}/{made['id']}").json()["used"] is None
    with_token(made["token"]).get("/api/v1/me")
    assert client.get(f"{TOKENS}/{made['id']}").json()["used"] is not None


def test_the_first_operator_is_made_by_a_command_that_prints_a_link(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    del db
    call_command("create_operator", "Op@example.org")
    user = User.objects.get(email="op@example.org")
    assert (user.is_operator, user.pk in capsys.readouterr().out) == (True, True)


def test_a_first_token_is_printed_by_a_command(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    del db
    call_command("issue_token", "op@example.org", "--operator")
    assert with_token(capsys.readouterr().out.strip()).get("/api/v1/me").json()["is_operator"] is True

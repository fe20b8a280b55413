"""The description of the API: complete, valid, and true about problems, ETags and idempotency."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from backend.accounts.models import User
from backend.api.problems import MEDIA_TYPE
from backend.api.schemas import Problem
from tests.backend.api.roles import ENTRIES
from tests.backend.api.world import API, World, route_of, routes, send
from tests.backend.conftest import ClientOf

Operation = dict[str, Any]
LIVE = {"GET jobs/<>/events/stream", "GET projects/<>/events/stream"}
"""Held open, hence no view of REST framework's."""


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # has no types
    return found


def operations(description: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path.removeprefix('/' + API)}", operation


def headers_of(operation: Operation) -> set[str]:
    return {part["name"] for part in operation.get("parameters", []) if part["in"] == "header"}


def taking(description: dict[str, Any], header: str) -> set[str]:
    """Routes of the operations that declare a header."""
    return {re.sub(r"\{\w+\}", "<>", name) for name, found in operations(description) if header in headers_of(found)}


def test_it_is_made_without_a_warning_and_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True)
    assert "Warning" not in capsys.readouterr().err


def test_it_is_openapi_3_1_and_has_every_endpoint(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    found = {re.sub(r"\{\w+\}", "<>", name) for name, _ in operations(description)}
    assert found == routes() - LIVE - {"GET openapi.json"}


def test_every_operation_says_what_it_does_and_how_it_refuses(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        assert operation["description"], name
        problems = {code for code in operation["responses"] if int(code) >= 400}
        assert problems >= {"400", "406", "422", "429"}, name
        for code in problems:
            shared = operation["responses"][code]["$ref"].removeprefix("#/components/responses/")
            content = description["components"]["responses"][shared]["content"]
            assert content == {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_operations_have_names_of_their_own(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(description)]
    assert len(set(names)) == len(names)


def test_enumerations_have_names_that_people_gave(description: dict[str, Any]) -> None:
    made_up = [name for name in description["components"]["schemas"] if any(c.isdigit() for c in name)]
    assert made_up == []


@pytest.mark.parametrize("name", [name for name in ENTRIES if not name.startswith(("GET", "POST"))])
def test_a_change_of_what_has_changed_is_refused_where_the_description_says_so(
    name: str, description: dict[str, Any], world: World, owner: User, operator: User, client_of: ClientOf
) -> None:
    method, _, path = name.partition(" ")
    client = client_of(operator if path.startswith("admin") else owner)
    answer = send(client, method, path, ENTRIES[name], world, HTTP_IF_MATCH='"older"')
    if route_of(name) not in taking(description, "If-Match"):
        assert answer.status_code < 400, answer.json()
        return
    assert answer.status_code == 412
    assert (answer.json()["field"], answer.json()["value"]) == ("header.If-Match", '"older"')
    assert "read it again" in answer.json()["fix"]
    newest = answer.json()["fix"].split()[-1]
    assert send(client, method, path, ENTRIES[name], world, HTTP_IF_MATCH=newest).status_code < 300


def test_whatever_has_an_etag_and_can_be_changed_can_be_changed_under_a_condition(description: dict[str, Any]) -> None:
    for path, methods in description["paths"].items():
        if "get" in methods and "If-None-Match" in headers_of(methods["get"]):
            changes = {name for name in ("put", "patch", "delete") if name in methods}
            assert {name for name in changes if "If-Match" in headers_of(methods[name])} == changes, path


@pytest.mark.parametrize("name", [name for name in ENTRIES if name.startswith("GET")])
def test_what_has_not_changed_is_not_sent_again(
    name: str, description: dict[str, Any], world: World, owner: User, operator: User, client_of: ClientOf
) -> None:
    _, _, path = name.partition(" ")
    client = client_of(operator if path.startswith("admin") else owner)
    answer = send(client, "GET", path, ENTRIES[name], world)
    tagged = route_of(name) in taking(description, "If-None-Match")
    assert answer.has_header("ETag") == tagged
    if tagged:
        again = send(client, "GET", path, ENTRIES[name], world, HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])


SECRET = {
    *("POST tokens", "POST tokens/<>/rotate", "POST projects/<>/webhooks", "POST webhooks/<>/rotate"),
    *("POST admin/users", "POST admin/users/<>/link"),
}
"""Their answers hold a secret, which is kept nowhere."""


@pytest.mark.parametrize("name", [name for name in ENTRIES if name.startswith("POST")])
def test_the_same_request_with_the_same_key_is_carried_out_once(
    name: str, description: dict[str, Any], world: World, editor: User, owner: User, operator: User, client_of: ClientOf
) -> None:
    _, _, path = name.partition(" ")
    client = client_of(operator if path.startswith("admin") else owner if "members" in path else editor)
    if path.startswith("tokens/"):
        client = client_of(owner)
    first, second = (send(client, "POST", path, ENTRIES[name], world, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2))
    if route_of(name) in SECRET:
        assert first.json()["field"] == "header.Idempotency-Key"
        return
    if route_of(name) not in taking(description, "Idempotency-Key"):
        assert "header.Idempotency-Key" not in first.content.decode()
        return
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.get("Location") == second.get("Location")
    assert first.status_code < 300
    other = client.post(f"/{API}projects", {"name": "another request"}, HTTP_IDEMPOTENCY_KEY="one")
    assert (other.status_code, other.json()["code"]) == (422, "KeyReused")


def test_every_post_is_repeatable_or_has_a_reason_why_not(description: dict[str, Any]) -> None:
    harmless = {
        # Cancelling what is cancelled changes nothing.
        *("POST jobs/<>/cancel", "POST runs/<>/cancel"),
        # Asking stores nothing.
        *("POST predictors/<>/predictions", "POST projects/<>/campaigns/estimate"),
        # What a second time means is said by the account: the old password is wrong then, the link is used up.
        *("POST session", "POST accounts", "POST password-resets", "POST password-resets/confirm"),
        *("POST confirmed-addresses", "POST me/password", "POST me/email", "POST me/close"),
    }
    posts = {route for route in routes() if route.startswith("POST")}
    assert posts == taking(description, "Idempotency-Key") | SECRET | harmless


def test_problems_have_the_fields_of_their_schema(owner: User, client_of: ClientOf) -> None:
    problem = client_of(owner).get("/api/v1/jobs", {"limit": 0}).json()
    assert set(problem) <= set(Problem().fields)
    assert problem["field"] == "query.limit"

"""Bodies, tokens and webhooks that are wrong: a problem names field, value and fix, and no row was written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from django.apps import apps

from backend.accounts.models import Scope, Token, User
from backend.accounts.tokens import issue
from tests.backend.api.roles import JOB, RUN, WEBHOOK
from tests.backend.api.world import API, World, filled
from tests.backend.conftest import PASSWORD, Api, ClientOf

JOBS: Final = "POST projects/{project}/jobs"
RUNS: Final = "POST projects/{project}/runs"
HOOKS: Final = "POST projects/{project}/webhooks"
ACCELERATORS: Final = "POST projects/{project}/accelerators"


@contextmanager
def nothing_written() -> Iterator[None]:
    """Not a row in any table."""
    before = _rows()
    yield
    assert _rows() == before


def _rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


BODIES: Final[dict[str, tuple[str, dict[str, Any], str, Any]]] = {
    # what is wrong: request, body, field, value
    "no kind": (JOBS, {**JOB, "kind": None}, "body.kind", None),
    "a kind that there is not": (JOBS, {**JOB, "kind": "train faster"}, "body.kind", "train faster"),
    "a number for a kind": (JOBS, {**JOB, "kind": 3}, "body.kind", 3),
    "an unknown field": (JOBS, {**JOB, "colour": "red"}, "body.colour", "red"),
    "a count of 0": (JOBS, {**JOB, "count": 0}, "body.count", 0),
    "a count as text": (JOBS, {**JOB, "count": "4"}, "body.count", "4"),
    "a count of a half": (JOBS, {**JOB, "count": 1.5}, "body.count", 1.5),
    "a count without end": (JOBS, {**JOB, "count": 10**12}, "body.count", 10**12),
    "a flag as a number": (JOBS, {**JOB, "trace": 1}, "body.trace", 1),
    "a network that there is not": (JOBS, {**JOB, "network": "net_none"}, "body.network", "net_none"),
    "an accelerator that there is not": (JOBS, {**JOB, "accelerator": "tpu"}, "body.accelerator", "tpu"),
    "a number for an accelerator": (JOBS, {**JOB, "accelerator": 7}, "body.accelerator", 7),
    "data that there are not": (JOBS, {**JOB, "inputs": "data_none"}, "body.inputs", "data_none"),
    "an option of another kind": (JOBS, {"kind": "elaborate", "accelerator": "edge-8x8", "count": 1}, "body.count", 1),
    "an energy table with a path": (JOBS, {**JOB, "energy_table": "../etc"}, "body.energy_table", "../etc"),
    "a run of nothing": (RUNS, {**RUN, "networks": []}, "body.networks", []),
    "a run of numbers": (RUNS, {**RUN, "networks": [1]}, "body.networks.0", 1),
    "a run on a thousand accelerators": (RUNS, {**RUN, "accelerators": ["edge-8x8"] * 5000}, "body.accelerators", "edge"),
    "a project without a name": ("POST projects", {}, "body.name", None),
    "a name of spaces": ("POST projects", {"name": "   "}, "body.name", "   "),
    "a name of a thousand letters": ("POST projects", {"name": "x" * 1000}, "body.name", "x" * 200),
    "a NUL in a name": ("POST projects", {"name": "a\0b"}, "body.name", "a\0b"),
    "a list for a name": ("POST projects", {"name": ["a"]}, "body.name", "['a']"),
    "a member without an address": ("POST projects/{project}/members", {"email": "x", "role": "viewer"}, "body.email", "x"),
    "a role that there is not": (
        "PATCH projects/{project}/members/{viewer}", {"role": "emperor"}, "body.role", "emperor"
    ),
    "an action that there is not": ("POST jobs/actions", {"do": "explode", "jobs": ["x"]}, "body.do", "explode"),
    "an action on nothing": ("POST jobs/actions", {"do": "cancel", "jobs": []}, "body.jobs", []),
    "rows that are not allowed": (ACCELERATORS, {"name": "a", "fields": {"rows": -1}}, "body.fields.rows", -1),
    "a parameter that there is not": (ACCELERATORS, {"name": "a", "fields": {"speed": 9}}, "body.fields.speed", 9),
    "parameters as a list": (ACCELERATORS, {"name": "a", "fields": [1]}, "body.fields", [1]),
    "an accelerator's name with a slash": (ACCELERATORS, {"name": "a/b", "fields": {}}, "body.name", "a/b"),
    # tokens
    "a token without scopes": ("POST tokens", {"name": "t", "scopes": []}, "body.scopes", []),
    "a scope that there is not": ("POST tokens", {"name": "t", "scopes": ["root"]}, "body.scopes.0", "root"),
    "a token that has expired": (
        "POST tokens",
        {"name": "t", "scopes": ["read"], "expires": "2001-01-01T00:00:00Z"},
        "body.expires",
        "2001-01-01T00:00:00Z",
    ),
    "an end that is no time": ("POST tokens", {"name": "t", "scopes": ["read"], "expires": "soon"}, "body.expires", "soon"),
    "an address that is none": (
        "POST tokens",
        {"name": "t", "scopes": ["read"], "addresses": ["everywhere"]},
        "body.addresses",
        "everywhere",
    ),
    "an overlap of a year": ("POST tokens/{token}/rotate", {"overlap_s": 31_536_000}, "body.overlap_s", 31_536_000),
    # webhooks
    "a webhook to a file": (HOOKS, {**WEBHOOK, "address": "file:///etc/passwd"}, "body.address", "file:///etc/passwd"),
    "a webhook to this machine": (HOOKS, {**WEBHOOK, "address": "https://127.0.0.1/x"}, "body.address", "https://127.0.0.1/x"),
    "a webhook without a host": (HOOKS, {**WEBHOOK, "address": "https://"}, "body.address", "https://"),
    "a webhook with a password": (HOOKS, {**WEBHOOK, "address": "https://a:b@c.example"}, "body.address", "https://a:b@c.example"),
    "a webhook for nothing": (HOOKS, {**WEBHOOK, "kinds": []}, "body.kinds", []),
    "an event that there is not": (HOOKS, {**WEBHOOK, "kinds": ["job.danced"]}, "body.kinds.0", "job.danced"),
    "a secret that never ends": ("POST webhooks/{webhook}/rotate", {"overlap_s": 10**9}, "body.overlap_s", 10**9),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_a_body_is_refused_with_field_value_and_fix(what: str, world: World, owner: User, client_of: ClientOf) -> None:
    request, body, field, value = BODIES[what]
    method, _, path = request.partition(" ")
    client = client_of(owner)
    with nothing_written():
        answer = getattr(client, method.lower())("/" + API + filled(path, world), filled(body, world))
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["field"] == field, problem
    assert problem["fix"], problem
    if value is not None:
        assert str(value) in problem["value"], problem


def _revoked(user: User) -> str:
    token, text = issue(user, "old", list(Scope))
    Token.objects.filter(pk=token.pk).update(revoked=token.created)
    return text


def _expired(user: User) -> str:
    token, text = issue(user, "old", list(Scope))
    Token.objects.filter(pk=token.pk).update(expires=token.created)
    return text


TOKENS: Final[dict[str, Callable[[User], str]]] = {
    "none": lambda _: "",
    "the scheme alone": lambda _: "Bearer",
    "another scheme": lambda _: "Basic YTpi",
    "a text": lambda _: "Bearer password",
    "half a token": lambda user: "Bearer " + issue(user, "t", list(Scope))[1][:20],
    "a token with another secret": lambda user: "Bearer " + issue(user, "t", list(Scope))[1][:-3] + "xyz",
    "two tokens": lambda user: "Bearer " + " ".join(issue(user, "t", list(Scope))[1] for _ in range(2)),
    "a revoked one": lambda user: f"Bearer {_revoked(user)}",
    "an expired one": lambda user: f"Bearer {_expired(user)}",
    "one of elsewhere": lambda user: "Bearer " + issue(user, "t", list(Scope), None, ["192.0.2.0/24"])[1],
    "ten thousand characters": lambda _: "Bearer ppn_" + "a" * 10_000 + ".b",
    "bytes that are no text": lambda _: "Bearer ppn_\u00ff.\u00fe",
}


@pytest.mark.parametrize("what", TOKENS)
def test_a_wrong_token_is_refused_and_says_what_to_send(what: str, world: World, owner: User) -> None:
    del world
    presented = TOKENS[what](owner)
    client = Api(HTTP_AUTHORIZATION=presented) if presented else Api()
    with nothing_written():
        answers = (client.get("/api/v1/me"), client.post("/api/v1/projects", {"name": "x"}))
    for answer in answers:
        problem = answer.json()
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer"), problem
        assert (problem["field"], bool(problem["fix"])) == ("header.Authorization", True)
        assert len(presented) < 20 or presented.removeprefix("Bearer ") not in answer.content.decode()


@pytest.mark.parametrize("scope", [Scope.READ, Scope.UPLOAD, Scope.RUN])
def test_a_token_does_no_more_than_its_scopes(scope: Scope, owner: User) -> None:
    client = Api(HTTP_AUTHORIZATION=f"Bearer {issue(owner, 'narrow', [scope])[1]}")
    with nothing_written():
        answer = client.post("/api/v1/projects", {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "Scope")
    assert "manage" in answer.json()["fix"]


@pytest.mark.parametrize("secret", ["password", "new_password"])
def test_no_answer_repeats_a_password(secret: str, owner: User, client_of: ClientOf) -> None:
    body = {"password": PASSWORD, "new_password": "quite another password", secret: ["my secret"]}
    answer = client_of(owner).post("/api/v1/me/password", body)
    assert answer.json()["field"] == f"body.{secret}"
    assert "my secret" not in answer.content.decode()

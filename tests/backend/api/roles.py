"""Who may do what: one entry for every method of every address of the API.

Whoever adds an endpoint adds its entry here: the request that would succeed, and `Expect` through one of

    view(200)     members may; strangers get 404, the operator looks as a viewer does
    edit(201)     owners and editors may; viewers get 403
    own(204)      owners may; editors and viewers get 403
    operate(200)  operators may; to all others it does not exist
    account(200)  whoever has an account may: the answer shows only what the caller may see
    anybody(200)  no account is needed

`{name}` in paths, queries and bodies stands for what the fixture `world` has under that name.
"""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tests.backend.conftest import PASSWORD
from tests.hwservice.small_network import images_bytes, small_network_bytes


class Expect(NamedTuple):
    """The status for each character."""

    owner: int
    editor: int
    viewer: int
    stranger: int
    anonymous: int
    operator: int


def view(status: int) -> Expect:
    return Expect(status, status, status, 404, 401, status)


def edit(status: int) -> Expect:
    return Expect(status, status, 403, 404, 401, 403)


def own(status: int) -> Expect:
    return Expect(status, 403, 403, 404, 401, 403)


def operate(status: int) -> Expect:
    return Expect(404, 404, 404, 404, 401, status)


def account(status: int) -> Expect:
    return Expect(status, status, status, status, 401, status)


def anybody(status: int) -> Expect:
    return Expect(status, status, status, status, status, status)


OWN_TOKEN: Final = Expect(200, 404, 404, 404, 401, 404)
"""Tokens are their user's alone; the one here is the owner's."""


@dataclass(frozen=True)
class Entry:
    """A request that would succeed, and what comes of it for whom.

    Attributes:
        body: JSON, or the bytes of an upload.
    """

    expect: Expect
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)


JOB: Final = {"kind": "simulate", "accelerator": "edge-8x8", "network": "{network}", "simulator": "null"}
RUN: Final = {
    **{"kind": "simulate", "name": "all", "simulator": "null"},
    **{"networks": ["{network}"], "accelerators": ["edge-8x8", "{accelerator}"]},
}
DEFINITION: Final = {
    **{"name": "ours", "accelerators": ["edge-8x8"]},
    "part": [{"family": "plain", "count": 4, "inputs": [[1, 8, 8]], "bases": [{"widths": [4, 8]}]}],
}
WEBHOOK: Final = {"address": "https://receiver.example", "kinds": ["job.failed"]}
CREDENTIALS: Final = {"email": "owner@example.org", "password": PASSWORD}

ENTRIES: Final[dict[str, Entry]] = {
    # the installation
    "GET openapi.json": Entry(anybody(200)),
    "GET health": Entry(anybody(200)),
    "GET queue": Entry(account(200)),
    # signing in and up
    "GET session": Entry(anybody(200)),
    "POST session": Entry(anybody(200), CREDENTIALS),
    "DELETE session": Entry(anybody(204)),
    "POST accounts": Entry(anybody(403), {"email": "new@example.org", "password": "quite another password"}),
    "POST password-resets": Entry(anybody(202), {"email": "owner@example.org"}),
    "POST password-resets/confirm": Entry(anybody(422), {"user": "{owner}", "token": "wrong", "password": "x" * 20}),
    "POST confirmed-addresses": Entry(anybody(422), {"token": "wrong"}),
    # the caller's account
    "GET me": Entry(account(200)),
    "PATCH me": Entry(account(200), {"name": "Me"}),
    "POST me/password": Entry(account(204), {"password": PASSWORD, "new_password": "quite another password"}),
    "POST me/email": Entry(account(202), {"password": PASSWORD, "email": "new@example.org"}),
    # The owner would leave the others without one, the editor's job waits, the operator is the only one.
    "POST me/close": Entry(Expect(409, 409, 204, 204, 401, 409), {"password": PASSWORD}),
    "GET tokens": Entry(account(200)),
    "POST tokens": Entry(account(201), {"name": "ci", "scopes": ["read"]}),
    "DELETE tokens": Entry(account(204)),
    "GET tokens/{token}": Entry(OWN_TOKEN),
    "DELETE tokens/{token}": Entry(OWN_TOKEN._replace(owner=204)),
    "POST tokens/{token}/rotate": Entry(OWN_TOKEN._replace(owner=201), {}),
    # projects and members
    "GET projects": Entry(account(200)),
    "POST projects": Entry(account(201), {"name": "another"}),
    "GET projects/{project}": Entry(view(200)),
    "PATCH projects/{project}": Entry(own(200), {"name": "renamed"}),
    "DELETE projects/{empty}": Entry(own(204)),
    "GET projects/{project}/members": Entry(view(200)),
    "POST projects/{project}/members": Entry(own(201), {"email": "friend@example.org", "role": "viewer"}),
    "PATCH projects/{project}/members/{viewer}": Entry(own(200), {"role": "editor"}),
    "DELETE projects/{project}/members/{viewer}": Entry(own(204)._replace(viewer=204)),
    "GET projects/{project}/activity": Entry(view(200)),
    # networks and data
    "GET projects/{project}/networks": Entry(view(200)),
    "POST projects/{project}/networks": Entry(edit(201), small_network_bytes(), {"name": "second"}),
    "GET networks/{network}": Entry(view(200)),
    "PATCH networks/{network}": Entry(edit(200), {"name": "renamed"}),
    "DELETE networks/{unused_network}": Entry(edit(204)),
    "GET networks/{network}/versions": Entry(view(200)),
    "POST networks/{network}/versions": Entry(edit(201), small_network_bytes(1)),
    "GET networks/{network}/versions/1": Entry(view(200)),
    "GET networks/{network}/versions/1/file": Entry(view(200)),
    "GET networks/{network}/versions/1/graph": Entry(view(200)),
    "POST networks/{network}/versions/1/estimate": Entry(edit(202), {}),
    "GET networks/diff": Entry(view(200), query={"a": "{version}", "b": "{version}"}),
    "GET projects/{project}/data": Entry(view(200)),
    "POST projects/{project}/data": Entry(edit(201), images_bytes(), {"name": "more"}),
    "GET data/{data}": Entry(view(200)),
    "DELETE data/{data}": Entry(edit(204)),
    # accelerators
    "GET accelerators": Entry(account(200)),
    "GET projects/{project}/accelerators": Entry(view(200)),
    "POST projects/{project}/accelerators": Entry(edit(201), {"name": "mine", "fields": {}}),
    "GET accelerators/{accelerator}": Entry(view(200)),
    "PUT accelerators/{accelerator}": Entry(edit(200), {"name": "renamed", "fields": {}}),
    "DELETE accelerators/{accelerator}": Entry(edit(204)),
    # jobs and runs
    "GET jobs": Entry(account(200)),
    "POST projects/{project}/jobs": Entry(edit(202), JOB),
    # Each job of the list answers for itself.
    "POST jobs/actions": Entry(account(200), {"do": "cancel", "jobs": ["{job}"]}),
    "GET jobs/{job}": Entry(view(200)),
    "POST jobs/{job}/cancel": Entry(edit(202)),
    "POST jobs/{finished}/retry": Entry(edit(202)),
    "GET jobs/{job}/events": Entry(view(200)),
    "GET projects/{project}/events": Entry(view(200)),
    "GET jobs/{finished}/artifacts/report": Entry(view(200)),
    "GET jobs/{finished}/report": Entry(view(200)),
    "GET jobs/{finished}/analysis": Entry(view(200)),
    "GET compare": Entry(view(200), query={"jobs": "{finished}"}),
    "GET projects/{project}/runs": Entry(view(200)),
    "POST projects/{project}/runs": Entry(edit(202), RUN),
    "GET runs/{run}": Entry(view(200)),
    "POST runs/{run}/cancel": Entry(edit(202)),
    # campaigns
    "GET projects/{project}/campaigns": Entry(view(200)),
    "POST projects/{project}/campaigns": Entry(edit(202), {"definition": DEFINITION}),
    "POST projects/{project}/campaigns/estimate": Entry(edit(200), {"definition": DEFINITION}),
    "GET campaigns/{campaign}": Entry(view(200)),
    "GET campaigns/{campaign}/distributions": Entry(view(200)),
    "POST campaigns/{campaign}/pause": Entry(edit(202)),
    "POST campaigns/{campaign}/cancel": Entry(edit(202)),
    "POST campaigns/{paused}/resume": Entry(edit(202)),
    "POST campaigns/{paused}/extend": Entry(edit(202), {"networks": 9}),
    # training
    "GET training": Entry(account(200)),
    "GET projects/{project}/reachable": Entry(view(200)),
    "POST projects/{project}/train": Entry(edit(202), {"data": "digits", "epochs": 1}),
    "POST projects/{project}/prune": Entry(edit(202), {"data": "digits", "latency_ms": 0.1}),
    "POST projects/{project}/pareto": Entry(edit(202), {"data": "digits", "shares": [0.5]}),
    # predictors
    "GET projects/{project}/predictors": Entry(view(200)),
    "GET predictors/{predictor}": Entry(view(200)),
    "DELETE predictors/{predictor}": Entry(edit(204)),
    "GET predictors/{predictor}/evaluation": Entry(view(200)),
    "POST predictors/{predictor}/predictions": Entry(view(200), {"queries": [{"network": "{network}"}]}),
    # webhooks
    "GET projects/{project}/webhooks": Entry(edit(200)),
    "POST projects/{project}/webhooks": Entry(edit(201), WEBHOOK),
    "GET webhooks/{webhook}": Entry(edit(200)),
    "PATCH webhooks/{webhook}": Entry(edit(200), {"description": "ours"}),
    "DELETE webhooks/{webhook}": Entry(edit(204)),
    "POST webhooks/{webhook}/rotate": Entry(edit(201), {}),
    "POST webhooks/{webhook}/test": Entry(edit(202)),
    "GET webhooks/{webhook}/deliveries": Entry(edit(200)),
    "GET webhooks/{webhook}/deliveries/{delivery}": Entry(edit(200)),
    "POST webhooks/{webhook}/deliveries/{delivery}/replay": Entry(edit(202)),
    # what operators do
    "GET admin/users": Entry(operate(200)),
    "POST admin/users": Entry(operate(201), {"email": "invited@example.org"}),
    "GET admin/users/{viewer}": Entry(operate(200)),
    "PATCH admin/users/{viewer}": Entry(operate(200), {"weight": 2}),
    "DELETE admin/users/{viewer}": Entry(operate(204)),
    "POST admin/users/{viewer}/link": Entry(operate(201)),
    "GET admin/settings": Entry(operate(200)),
    "GET admin/health": Entry(operate(200)),
    "GET admin/workers": Entry(operate(200)),
    "GET admin/activity": Entry(operate(200)),
}

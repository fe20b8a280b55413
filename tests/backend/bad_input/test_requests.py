"""Requests that are wrong before anybody reads their content, over a real socket."""

import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.backend.bad_input.installation import BINARY, Installation, refused

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Bad:
    """A request to a project's jobs, and what its answer must say."""

    status: int
    name: str
    words: str
    content: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    query: dict[str, str] = field(default_factory=dict)
    place: str = "/projects/{project}/jobs"


REQUESTS = {
    "no JSON": Bad(400, "body", "JSON", b"{'kind': 'compile'}"),
    "half a JSON": Bad(400, "body", "JSON", b'{"kind": "comp'),
    "bytes that are no text": Bad(400, "body", "JSON", b'{"kind": "\xff\xfe"}'),
    "NaN": Bad(400, "body", "JSON", b'{"count": NaN}'),
    "nested ten thousand deep": Bad(400, "body", "JSON", b'{"accelerator":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "a form": Bad(
        415, "header.Content-Type", "form", b"kind=compile", {"Content-Type": "application/x-www-form-urlencoded"}
    ),
    "a list in place of an object": Bad(422, "body", "dictionary", b"[1, 2]"),
    "more than a megabyte": Bad(413, "body", "1048576", b" " * (2 << 20)),
    "a file that is too large": Bad(
        413, "body", "4194304", bytes(5 << 20), dict(BINARY), {"name": "large"}, "/projects/{project}/networks"
    ),
    "an empty file": Bad(422, "body", "empty", b"", dict(BINARY), {"name": "empty"}, "/projects/{project}/networks"),
    "a file as JSON": Bad(
        415, "header.Content-Type", "json", b"{}", place="/projects/{project}/networks", query={"name": "n"}
    ),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_is_refused_in_words(installation: Installation, what: str) -> None:
    bad = REQUESTS[what]
    place = bad.place.format(project=installation.project)
    answer = installation.client.post(place, content=bad.content, headers=bad.headers, params=bad.query)
    refused(answer, bad.name, bad.words, (bad.status,))


def _raw(installation: Installation, lines: list[str], body: bytes = b"") -> bytes:
    place = urlsplit(installation.stack.backend.url)
    token = installation.client.headers["Authorization"]
    head = "\r\n".join([*lines, f"Host: {place.netloc}", f"Authorization: {token}", "Connection: close", "", ""])
    with socket.create_connection((str(place.hostname), int(place.port or 80)), 20) as wire:
        wire.sendall(head.encode("latin-1") + body)
        wire.shutdown(socket.SHUT_WR)
        found = b""
        while chunk := wire.recv(65536):
            found += chunk
    return found


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["POST /api/v1/projects HTTP/1.1", "Content-Type: application/json", "Content-Length: ten"], b"{}"),
        (["POST /api/v1/projects HTTP/1.1", "Content-Type: application/json", "Content-Length: -1"], b"{}"),
        (["POST /api/v1/projects HTTP/1.1", "Transfer-Encoding: chunked"], b"zz\r\nhello\r\n0\r\n\r\n"),
        (["no request at all"], b""),
    ],
    ids=["a length that is no number", "a negative length", "chunks that are none", "no request"],
)
def test_what_is_no_http_is_answered_with_400(installation: Installation, lines: list[str], body: bytes) -> None:
    assert _raw(installation, lines, body).startswith(b"HTTP/1.1 400")


def test_an_upload_that_ends_early_leaves_nothing(installation: Installation) -> None:
    lines = [f"POST /api/v1/projects/{installation.project}/networks?name=broken HTTP/1.1", "Content-Length: 100000"]
    _raw(installation, [*lines, "Content-Type: application/octet-stream"], b"half")


QUERIES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "limit 0": ("/jobs", {"limit": 0}, "query.limit", "1"),
    "limit of a thousand": ("/jobs", {"limit": 1000}, "query.limit", "200"),
    "limit that is no number": ("/jobs", {"limit": "many"}, "query.limit", "integer"),
    "limit twice": ("/jobs", {"limit": ["1", "2"]}, "query.limit", "2 times"),
    "a cursor of another list": ("/jobs", {"cursor": "WyJ4IiwgMSwgMV0"}, "query.cursor", "not of this list"),
    "a cursor that is none": ("/jobs", {"cursor": "%%%"}, "query.cursor", "not of this list"),
    "a state that there is not": ("/jobs", {"state": "asleep"}, "query.state", "asleep"),
    "a time that is none": ("/jobs", {"created_after": "yesterday"}, "query.created_after", "format"),
    "an unknown filter": ("/jobs", {"colour": "red"}, "query.colour", "unknown field"),
    "an order that there is not": ("/jobs", {"order": "cycles"}, "query.order", "cycles"),
    "NUL in text": ("/jobs", {"accelerator": "a\0b"}, "query.accelerator", "ull characters"),
    "comparison of nothing": ("/compare", {"jobs": ","}, "query.jobs", "0 jobs"),
    "comparison of too many": (
        "/compare",
        {"jobs": ",".join(f"job_{n}" for n in range(101))},
        "query.jobs",
        "101 jobs",
    ),
}


@pytest.mark.parametrize("what", QUERIES)
def test_a_query_is_refused_in_words(installation: Installation, what: str) -> None:
    place, query, name, words = QUERIES[what]
    refused(installation.client.get(place, params=query), name, words)


def test_dimensions_that_are_none_are_refused(installation: Installation) -> None:
    place, query = f"/projects/{installation.project}/networks", {"name": "n", "dims": "height=tall"}
    answer: httpx.Response = installation.client.post(place, params=query, content=b"x" * 100, headers=BINARY)
    assert refused(answer, "query.dims", "height=tall")["value"] == "height=tall"

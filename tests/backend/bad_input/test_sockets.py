"""Websockets and event streams that ask for what they may not have, or wrongly."""

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.backend.bad_input.installation import Installation, refused

CLOSED = {
    "no account": ("jobs/{job}/events", {}, 4401, "not trusted"),
    "a token that is none": ("jobs/{job}/events", {"Authorization": "Bearer nonsense"}, 4401, "token"),
    "another scheme": ("jobs/{job}/events", {"Authorization": "Basic YTpi"}, 4401, "token"),
    "a job that there is not": ("jobs/job_none/events", None, 4404, "job_none"),
    "a cursor that is no number": ("jobs/{job}/events?after=last", None, 4422, "last"),
    "a negative cursor": ("jobs/{job}/events?after=-1", None, 4422, "-1"),
    "a cursor of fifty digits": ("jobs/{job}/events?after=" + "9" * 50, None, 4422, "999"),
    "a page of another site": ("jobs/{job}/events", {"Origin": "https://elsewhere.example"}, 4401, "origin"),
}


def _place(installation: Installation, path: str) -> str:
    return f"{installation.stack.backend.url.replace('http', 'ws')}/ws/v1/{path.format(job='job_any')}"


@pytest.mark.parametrize("what", CLOSED)
def test_a_socket_is_closed_with_a_code_and_a_reason(installation: Installation, what: str) -> None:
    path, headers, code, words = CLOSED[what]
    more = {"Authorization": installation.client.headers["Authorization"]} if headers is None else headers
    with connect(_place(installation, path), additional_headers=more) as socket, pytest.raises(ConnectionClosed) as end:
        socket.recv(10)
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == code
    assert words in end.value.rcvd.reason


def test_a_socket_to_nowhere_is_closed_as_one_to_a_job_that_there_is_not(installation: Installation) -> None:
    with connect(_place(installation, "nothing/here")) as socket, pytest.raises(ConnectionClosed) as end:
        socket.recv(10)
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 4404


STREAMS = {
    "a cursor that is no number": ("jobs/job_none/events/stream?after=last", "query.after", 422),
    "a job that there is not": ("jobs/job_none/events/stream", "path.job", 404),
}


@pytest.mark.parametrize("what", STREAMS)
def test_a_stream_is_refused_as_the_api_would(installation: Installation, what: str) -> None:
    path, field, status = STREAMS[what]
    answer: httpx.Response = installation.client.get(f"/{path}")
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    if status == 422:
        refused(answer, field, "last")

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from proprunn.downloads import download
from proprunn.errors import InternalError, NotFoundError, QuotaError, UnreachableError, UserError
from proprunn.events import follow
from proprunn.transport import Transport

Wire = Callable[[Callable[[httpx.Request], httpx.Response]], Transport]
CONTENT = bytes(range(256)) * 40
ARTIFACT = {"url": "/api/v1/a", "digest": hashlib.sha256(CONTENT).hexdigest(), "size_bytes": len(CONTENT), "name": "p"}


def problem(status: int, headers: dict[str, str] | None = None, **more: str) -> httpx.Response:
    body = {"detail": "no", "code": "Invalid", **more}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **(headers or {})})


def test_a_post_is_tried_again_under_the_same_key(wire: Wire, naps: list[float]) -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("the line broke", request=request)
        return problem(503, {"Retry-After": "7"}) if len(keys) == 2 else httpx.Response(202, json={"id": "job_1"})

    assert wire(answer).post("/jobs/job_1/retry") == {"id": "job_1"}
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert 0 < naps[0] <= 0.5
    assert naps[1] == 7


@pytest.mark.parametrize(("status", "code"), [(422, "Invalid"), (500, "InternalError"), (429, "Quota")])
def test_what_another_attempt_cannot_help_is_tried_once(wire: Wire, naps: list[float], status: int, code: str) -> None:
    kinds = {422: UserError, 500: InternalError, 429: QuotaError}
    transport = wire(lambda _: problem(status, {"Retry-After": "1"}, code=code))
    with pytest.raises(kinds[status]):
        transport.get("/jobs")
    assert naps == []


def test_a_server_that_asks_for_too_much_patience_is_not_waited_for(wire: Wire, naps: list[float]) -> None:
    with pytest.raises(InternalError):
        wire(lambda _: problem(503, {"Retry-After": "3600"})).get("/jobs")
    assert naps == []


def test_whoever_never_answers_is_given_up(wire: Wire, naps: list[float]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(UnreachableError, match="refused"):
        wire(refuse).get("/jobs")
    assert len(naps) == 3


def test_an_error_carries_field_value_and_fix(wire: Wire) -> None:
    with pytest.raises(NotFoundError) as caught:
        wire(lambda _: problem(404, field="path.job", value="job_9", fix="look at the list")).get("/jobs/job_9")
    assert (caught.value.field, caught.value.value, caught.value.fix) == ("path.job", "job_9", "look at the list")
    assert "path.job = 'job_9'" in str(caught.value)


def test_a_page_that_is_no_api_says_to_check_the_address(wire: Wire) -> None:
    with pytest.raises(UserError, match="check the address"):
        wire(lambda _: httpx.Response(200, text="<html>hello")).get("/me")


class Broken(httpx.SyncByteStream):
    """Half of what was asked for, then the line breaks."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content[: len(self.content) // 2]
        raise httpx.ReadError("the line broke")


def test_a_download_goes_on_where_it_broke(wire: Wire, tmp_path: Path) -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        first = int(request.headers.get("Range", "bytes=0-")[6:-1])
        asked.append(first)
        status = 206 if first else 200
        if len(asked) < 3:
            return httpx.Response(status, stream=Broken(CONTENT[first:]))
        return httpx.Response(status, content=CONTENT[first:])

    file = download(wire(answer), ARTIFACT, tmp_path)
    assert file == tmp_path / "p"
    assert file.read_bytes() == CONTENT
    assert asked == [0, len(CONTENT) // 2, len(CONTENT) * 3 // 4]
    assert list(tmp_path.iterdir()) == [file]


def test_a_download_that_arrives_damaged_is_thrown_away(wire: Wire, tmp_path: Path) -> None:
    transport = wire(lambda _: httpx.Response(200, content=CONTENT[::-1]))
    with pytest.raises(InternalError, match="digest"):
        download(transport, ARTIFACT, tmp_path)
    assert list(tmp_path.iterdir()) == []


def event(number: int) -> dict[str, object]:
    return {"sequence": number, "changes": {}, "line": ""}


def sent(numbers: list[int], end: bool) -> httpx.Response:
    text = "".join(f"id: {n}\nevent: job\ndata: {json.dumps(event(n))}\n\n" for n in numbers)
    text += "event: end\ndata: {}\n\n" if end else ""
    return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


def test_a_stream_that_breaks_is_taken_up_by_its_cursor(wire: Wire) -> None:
    cursors: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cursors.append(request.url.params["after"])
        return sent([1, 2], end=False) if len(cursors) == 1 else sent([3], end=True)

    assert [found["sequence"] for found in follow(wire(answer), "job_1") if found] == [1, 2, 3]
    assert cursors == ["0", "2"]


def test_where_no_stream_comes_through_the_list_is_asked(wire: Wire) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stream"):
            return httpx.Response(200, text="a proxy's page", headers={"Content-Type": "text/html"})
        after = int(request.url.params["after"])
        return httpx.Response(200, json={"items": [event(after + 1)], "next": after + 1, "done": after == 1})

    assert [found["sequence"] for found in follow(wire(answer), "job_1") if found] == [1, 2]

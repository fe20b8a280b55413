"""One request: where it connects, and how it is bounded."""

import asyncio
import socket
from typing import Any

import pytest

from backend.webhooks import posting
from backend.webhooks.posting import Answer
from tests.backend.conftest import Configure
from tests.backend.webhooks.receiver import Receiver


def post(url: str) -> Answer:
    return asyncio.run(posting.post(url, {"webhook-id": "msg_1"}, b"{}"))


def test_a_request_brings_body_and_headers(receiver: Receiver) -> None:
    assert post(receiver.url).code == 204
    found = receiver.requests[0]
    assert found.body == b"{}"
    assert found.headers["host"] == receiver.url.split("/")[2]
    assert found.headers["content-type"] == "application/json"
    assert found.headers["webhook-id"] == "msg_1"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_a_name_that_leads_to_a_private_address_is_refused_where_it_connects(
    receiver: Receiver, configure: Configure, host: str
) -> None:
    configure(webhook_networks=())
    answer = post(receiver.url.replace("127.0.0.1", host))
    assert (answer.code, "no public address" in answer.error) == (None, True)
    assert not receiver.requests


def test_a_name_is_refused_where_any_of_its_addresses_is_private(
    receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*args: Any, **kwargs: Any) -> list[Any]:
        del args, kwargs
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "127.0.0.1")]

    configure(webhook_networks=())
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert "leads to 127.0.0.1" in post("http://both.example/").error
    assert not receiver.requests


def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 302, {"Location": receiver.url}
    answer = post(receiver.url)
    assert (answer.code, answer.error) == (302, "status 302: redirects are not followed")
    assert len(receiver.requests) == 1


def test_no_more_than_a_little_of_an_answer_is_read(receiver: Receiver) -> None:
    receiver.status, receiver.body = 200, b"x" * (64 << 20)
    answer = post(receiver.url)
    assert (answer.ok, answer.took_ms < 2000) == (True, True)


def test_an_answer_that_never_comes_is_given_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    receiver.hold.clear()
    assert post(receiver.url).error == "no answer within 0.3 s"


def test_nobody_there_and_no_http_are_failures(receiver: Receiver) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert "ConnectError" in post(f"http://127.0.0.1:{closed.getsockname()[1]}/").error
    assert post(receiver.url.replace("http", "https")).code is None
    assert post("http://no-such-host.invalid/").code is None


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert post(receiver.url).ok

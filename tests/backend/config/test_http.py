"""What several processes of the web server share is a socket that sends at once."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from backend.config.http import PromptProtocol
from backend.up.plan import web_server


async def _app(scope: Any, receive: Any, send: Any) -> None:
    del scope, receive, send


async def no_delay(kind: type[H11Protocol]) -> bool:
    """Whether a connection to a socket as uvicorn shares it among processes sends at once."""
    shared = socket.socket(socket.AF_INET)
    shared.bind(("127.0.0.1", 0))
    made: asyncio.Future[asyncio.BaseTransport] = asyncio.get_running_loop().create_future()

    class Protocol(kind):  # type: ignore[misc,valid-type]  # the one given
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            made.set_result(transport)

    config = uvicorn.Config(_app, lifespan="off")
    config.load()
    factory = lambda: Protocol(config, ServerState(), {})  # noqa: E731  # as uvicorn makes them
    server = await asyncio.get_running_loop().create_server(factory, sock=shared)
    _, writer = await asyncio.open_connection(*shared.getsockname())
    found = (await made).get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    writer.close()
    server.close()
    return bool(found)


@pytest.mark.parametrize(("kind", "prompt"), [(H11Protocol, False), (PromptProtocol, True)])
def test_answers_are_sent_at_once_by_our_protocol_alone(kind: type[H11Protocol], prompt: bool) -> None:
    assert asyncio.run(no_delay(kind)) is prompt


def test_several_processes_speak_it() -> None:
    assert "backend.config.http:PromptProtocol" in web_server("127.0.0.1", 1, workers=2)
    assert "--http" not in web_server("127.0.0.1", 1)

"""Connections of the web server where it runs several processes."""

import asyncio
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol


class PromptProtocol(H11Protocol):
    """Sends at once what is written.

    asyncio arranges that for sockets that it makes itself, but not for the one that several processes share: there each
    answer's body would wait 40 ms, until the receiver has acknowledged the head.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """See the base class."""
        super().connection_made(transport)
        found = transport.get_extra_info("socket")
        if found is not None and found.family in (socket.AF_INET, socket.AF_INET6):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

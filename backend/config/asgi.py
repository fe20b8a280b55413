"""The application that uvicorn serves: pages and API, websockets, and the dispatcher of jobs."""

import asyncio
import contextlib
import os
from typing import Final, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

# Django must be set up before anything that has models is imported.
from channels.routing import URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from backend.clients.current import services  # noqa: E402
from backend.jobs import doorbell  # noqa: E402
from backend.jobs.dispatcher import Dispatcher  # noqa: E402
from backend.live.front import App, BodyCap, Receive, Scope, Send  # noqa: E402
from backend.live.handler import OneThreadHandler  # noqa: E402
from backend.live.probes import Probes  # noqa: E402
from backend.live.sockets import NOT_THERE, JobSocket, ProjectSocket  # noqa: E402
from backend.webhooks.deliverer import Deliverer  # noqa: E402

_tasks: Final[dict[str, asyncio.Task[None]]] = {}
"""What this process does besides serving, by name."""
_http: Final[App] = Probes(
    BodyCap(cast(App, OneThreadHandler())),
    lambda: {name: not task.done() for name, task in _tasks.items()},
)
_sockets: Final = URLRouter(
    [
        path("ws/v1/jobs/<str:name>/events", JobSocket.as_asgi()),
        path("ws/v1/projects/<str:name>/events", ProjectSocket.as_asgi()),
    ]
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection, or the process's life."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "websocket":
        await _serve_socket(scope, receive, send)
    else:
        await _http(scope, receive, send)


async def _serve_socket(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await _sockets(scope, receive, send)
    except ValueError:  # no such address
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": NOT_THERE})


async def _live(receive: Receive, send: Send) -> None:
    """Run a dispatcher of jobs and a deliverer of webhooks from start to shutdown, where this process should."""
    await receive()
    doorbell.bind(asyncio.get_running_loop())
    if settings.ENVIRONMENT.dispatch:
        _tasks["dispatcher"] = asyncio.create_task(Dispatcher(services()).run())
        _tasks["deliverer"] = asyncio.create_task(Deliverer().run())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    working = list(_tasks.values())
    _tasks.clear()
    for task in working:
        task.cancel()
    for task in working:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await send({"type": "lifespan.shutdown.complete"})

"""A service behind a real socket, for tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
import uvicorn
from fastapi import FastAPI

from servicekit.api.service import Service

TOKEN = "a-token-for-tests-only"


S = TypeVar("S", bound=Service)


@dataclass(frozen=True)
class Running(Generic[S]):
    """Its address, a client that may use it, and its state."""

    url: str
    client: httpx.Client
    service: S

    def upload(self, place: str, content: bytes, **query: str) -> str:
        """The digest of an uploaded file."""
        answer = self.client.post(f"/v1/{place}", content=content, params=query)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["digest"])

    def wait(self, job_id: str, seconds: float = 300) -> dict[str, Any]:
        """The job when it is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.client.get(f"/v1/jobs/{job_id}").json()
            if job["done"]:
                return job
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} did not end")

    def works(self) -> bool:
        """It still answers."""
        return self.client.get("/v1/health").status_code == 200


@contextmanager
def served(app: FastAPI, service: S) -> Iterator[Running[S]]:
    """Serve an application from a thread."""
    config = uvicorn.Config(app, port=0, log_level="warning", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield Running(url, client, service)
    server.should_exit = True
    thread.join(10)

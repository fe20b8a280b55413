"""A workspace as a process of its own: the backend on loopback with a database that is thrown away."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.backend.e2e.stack import Process, free_port

SETTINGS_FILTER = ("PROPRUNN_BACKEND", "DJANGO")


@dataclass(frozen=True)
class Workspace:
    """A running workspace, and the names of what is in it (see `seed`)."""

    process: Process
    environment: Mapping[str, str]
    seeded: Mapping[str, Any]

    @property
    def url(self) -> str:
        return self.process.url

    def job(self, name: str) -> str:
        """The id of a seeded job, such as `running` or `simulated-1-edge-8x8`."""
        return str(self.seeded["jobs"][name])

    def python(self, code: str) -> str:
        """Run something with the server's database, in a process of its own; what it printed."""
        command = [sys.executable, "-c", f"import tests.frontend.seed as seed\n{code}"]
        found = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
        return found.stdout.strip()


@contextmanager
def running_workspace(
    folder: Path, prepare: Callable[[dict[str, str]], None] | None = None, **settings: str
) -> Iterator[Workspace]:
    """A seeded workspace without a hardware service.

    Args:
        prepare: what is done before the server starts, with its environment.
        settings: of the backend, without their prefix.
    """
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_FILTER)}
    environment |= {
        "PROPRUNN_BACKEND_FOLDER": str(folder),
        "PROPRUNN_BACKEND_DISPATCH": "no",
        "PROPRUNN_BACKEND_SIGNUP": "yes",
        "PROPRUNN_BACKEND_ADDRESS": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    }
    environment |= {f"PROPRUNN_BACKEND_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "tests.frontend.seed"]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    if prepare is not None:
        prepare(environment)
    web = [sys.executable, "-m", "uvicorn", "backend.config.asgi:application", "--port", str(port)]
    backend = Process([*web, "--log-level", "warning"], environment, port, "/sign-in", folder / "backend.log")
    try:
        backend.start()
        yield Workspace(backend, environment, json.loads(made.stdout))
    finally:
        backend.stop()

"""Give the sample project of a new workspace its content: a trained network, and what it costs on the RTL."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from backend.up.plan import PROJECT

_FILL: Final = (sys.executable, "-m", "mlservice.demo", "--fill")


def fill_sample(environment: Mapping[str, str], log: Path) -> None:
    """Start what fills the project, beside the workspace, where the project is empty; says what it does.

    What it is filled with was computed here and now: without torch, nothing can be trained, and it stays empty.
    """
    if not _is_empty(environment):
        return
    if importlib.util.find_spec("torch") is None:
        print("The sample project stays empty: there is no torch to train its network with.", flush=True)
        return
    print(f"The sample project fills in a few minutes: a network is trained and simulated; see {log}", flush=True)
    tether = (sys.executable, "-m", "backend.up.tether", str(log))
    subprocess.Popen([*tether, *_FILL], env=dict(environment), cwd=PROJECT, stdin=subprocess.DEVNULL)


def _is_empty(environment: Mapping[str, str]) -> bool:
    headers = {"Authorization": f"Bearer {environment['PROPRUNN_TOKEN']}"}
    with httpx.Client(base_url=environment["PROPRUNN_URL"], headers=headers, timeout=30) as client:
        projects = _items(client.get("/api/v1/projects", params={"limit": 200}))
        sample = [project["id"] for project in projects if project["sample"]]
        return bool(sample) and not _items(client.get(f"/api/v1/projects/{sample[0]}/networks"))


def _items(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return found

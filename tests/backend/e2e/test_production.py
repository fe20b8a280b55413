"""The installation as k8s/ has it: its settings, two processes for pages and API, a dispatcher, PostgreSQL and Redis."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from backend.up.plan import web_server
from hwservice.api.settings import TOKEN_VARIABLE
from tests.backend.e2e.jobs import BINARY
from tests.backend.e2e.servers import Server, postgresql, redis
from tests.backend.e2e.stack import Process, free_port, until
from tests.hwservice.small_network import small_network_bytes
from tests.k8s.render import BASE, PROJECT, pods, render
from tests.k8s.test_manifests import variables

pytestmark = pytest.mark.slow

PROXY = {"Host": "workspace.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
"""What the proxy adds."""
SECRETS = {
    "secret-key": "s" * 64,
    "token-key": "t" * 64,
    "hwservice-token": "h" * 64,
    "mlservice-token": "m" * 64,
    "postgres-password": "p",
    "redis-password": "r",
}


@dataclass(frozen=True)
class Installation:
    one: Process
    other: Process
    dispatcher: Process
    database: Server
    doorbell: Server
    token: str

    def api(self, process: Process) -> httpx.Client:
        headers = {**PROXY, "Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"{process.url}/api/v1", headers=headers, timeout=60)

    def ready(self, process: Process) -> dict[str, Any]:
        """What a probe is told: it calls by the pod's address and without TLS."""
        answer = httpx.get(f"{process.url}/healthz/ready", headers={"Host": "10.1.2.3"}, timeout=30)
        found: dict[str, Any] = answer.json()["parts"]
        assert (answer.status_code == 200) == (set(found.values()) == {"ok"})
        return found


def settings_of(pod: str, folder: Path, **places: str) -> dict[str, str]:
    """The environment of a pod, with other places."""
    manifests = render(BASE)
    (container,) = pods(manifests)[pod]["spec"]["containers"]
    found = variables(manifests, container, SECRETS)
    ours = {f"PROPRUNN_BACKEND_{name.upper()}": value for name, value in places.items()}
    assert set(ours) <= set(found)
    image = {"PROPRUNN_BACKEND_FOLDER": str(folder / pod), "PROPRUNN_CACHE": str(folder / "cache")}
    return {**os.environ, **found, **image, **ours, "PYTHONPATH": str(PROJECT)}


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("production")
    with ExitStack() as ends:
        database, database_address = ends.enter_context(postgresql())
        doorbell, doorbell_address = ends.enter_context(redis(folder))
        port = free_port()
        places = {
            "database": database_address,
            "redis": doorbell_address,
            "hwservice_url": f"http://127.0.0.1:{port}",
            "store": str(folder / "artifacts"),
        }

        def start(name: str, port: int, arguments: list[str], environment: Mapping[str, str], health: str) -> Process:
            process = Process([sys.executable, *arguments], environment, port, health, folder / f"{name}.log")
            ends.callback(process.stop)
            process.start()
            return process

        service = {**os.environ, TOKEN_VARIABLE: SECRETS["hwservice-token"], "PROPRUNN_CACHE": str(folder / "service")}
        serve = ["-m", "hwservice", "serve", "--port", str(port), "--executor", "local"]
        start("hwservice", port, serve, service, "/healthz/live")

        def backend(name: str, pod: str) -> Process:
            port = free_port()
            told = settings_of(pod, folder, **places)
            return start(name, port, list(web_server("127.0.0.1", port)), told, "/healthz/live")

        web = settings_of("backend", folder, **places)
        one = backend("one", "backend")
        unmigrated = httpx.get(f"{one.url}/healthz/ready", timeout=30)
        assert unmigrated.json()["parts"]["database"] == "fails"
        manage(settings_of("dispatcher", folder, **places), "migrate", "--no-input", "--verbosity", "0")
        manage(web, "collectstatic", "--no-input", "--verbosity", "0")
        one.stop()
        one, other = backend("one", "backend"), backend("other", "backend")
        dispatcher = backend("dispatcher", "dispatcher")
        token = manage(web, "issue_token", "owner@example.org")
        yield Installation(one, other, dispatcher, database, doorbell, token)


@pytest.fixture(scope="module")
def place(installation: Installation) -> tuple[str, str]:
    """A project and a network in it."""
    with installation.api(installation.one) as api:
        project = api.post("/projects", json={"name": "shared"}).json()["id"]
        made = api.post(f"/projects/{project}/networks?name=small", content=small_network_bytes(), headers=BINARY)
        assert made.status_code == 201, made.text
        return project, made.json()["id"]


def submit(installation: Installation, place: tuple[str, str], count: int = 1) -> str:
    body = {"kind": "simulate", "accelerator": "edge-8x8", "simulator": "null", "count": count, "network": place[1]}
    body["fresh"] = True  # else it might end at once with the result of the test before
    with installation.api(installation.one) as api:
        answer = api.post(f"/projects/{place[0]}/jobs", json=body)
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]


def wait(installation: Installation, job: str) -> dict[str, Any]:
    with installation.api(installation.other) as api:
        until(lambda: bool(api.get(installation.other.url + job).json()["done"]), 90)
        found: dict[str, Any] = api.get(installation.other.url + job).json()
        return found


def test_every_process_is_ready(installation: Installation) -> None:
    parts = {"database", "store", "channel layer", "cache"}
    assert set(installation.ready(installation.one)) == set(installation.ready(installation.other)) == parts
    assert set(installation.ready(installation.dispatcher)) == parts | {"dispatcher", "deliverer"}


def test_only_the_installations_name_over_tls_is_served(installation: Installation) -> None:
    url = f"{installation.one.url}/sign-in"
    assert httpx.get(url, headers=PROXY).status_code in (200, 302, 404)
    plain = httpx.get(url, headers={"Host": "workspace.example"})
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://workspace.example/sign-in")
    assert httpx.get(url, headers={**PROXY, "Host": "elsewhere.example"}).status_code == 400


def test_static_files_come_under_names_that_never_change_their_content(installation: Installation) -> None:
    page = httpx.get(installation.one.url, headers=PROXY, follow_redirects=False)
    where = page.headers.get("Location", "/").removeprefix("https://workspace.example")
    text = httpx.get(installation.one.url + where, headers=PROXY).text
    sheet = text.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = httpx.get(installation.other.url + sheet, headers=PROXY)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_events_reach_listeners_of_another_process(installation: Installation, place: tuple[str, str]) -> None:
    job = submit(installation, place, count=20)
    heard: list[dict[str, Any]] = []
    headers = {**PROXY, "Authorization": f"Bearer {installation.token}"}
    headers.pop("Host")
    url = installation.other.url.replace("http", "ws") + job.replace("/api/v1", "/ws/v1") + "/events?after=0"

    def listen() -> None:
        with connect(url, additional_headers=headers) as events:
            heard.extend(json.loads(text) for text in events)

    listener = threading.Thread(target=listen)
    listener.start()
    assert wait(installation, job)["state"] == "completed"
    listener.join(30)
    assert [event["sequence"] for event in heard] == list(range(1, len(heard) + 1))
    assert heard[-1]["changes"]["state"] == "completed"


def test_a_result_is_the_same_from_every_process(installation: Installation, place: tuple[str, str]) -> None:
    job = wait(installation, submit(installation, place))
    contents = []
    for process in (installation.one, installation.other):
        with installation.api(process) as api:
            contents.append(api.get(process.url + job["artifacts"]["report"]["url"]).content)
    assert contents[0] == contents[1]
    assert json.loads(contents[0])


def test_without_the_doorbell_jobs_go_on_and_probes_say_what_is_away(
    installation: Installation, place: tuple[str, str]
) -> None:
    job = submit(installation, place, count=100)
    installation.doorbell.stop()
    until(lambda: installation.ready(installation.one)["channel layer"] == "fails")
    assert installation.ready(installation.one) == {
        "database": "ok",
        "store": "ok",
        "channel layer": "fails",
        "cache": "fails",
    }
    installation.doorbell.start()
    until(lambda: set(installation.ready(installation.dispatcher).values()) == {"ok"})
    assert wait(installation, job)["state"] == "completed"
    assert wait(installation, submit(installation, place))["state"] == "completed"


def test_no_job_is_lost_with_a_crash_of_the_database(installation: Installation, place: tuple[str, str]) -> None:
    job = submit(installation, place, count=100)
    with installation.api(installation.one) as api:
        until(lambda: api.get(installation.one.url + job).json()["phase"] == "simulate")
    installation.database.stop()
    until(lambda: installation.ready(installation.one)["database"] == "fails")
    installation.database.start()
    until(lambda: set(installation.ready(installation.dispatcher).values()) == {"ok"})
    found = wait(installation, job)
    assert (found["state"], found["attempt"]) == ("completed", 1)
    assert wait(installation, submit(installation, place))["state"] == "completed"


def test_a_job_goes_on_with_the_next_dispatcher(installation: Installation, place: tuple[str, str]) -> None:
    job = submit(installation, place, count=100)
    with installation.api(installation.one) as api:
        until(lambda: api.get(installation.one.url + job).json()["phase"] == "simulate")
    installation.dispatcher.kill()
    installation.dispatcher.start()
    found = wait(installation, job)
    assert (found["state"], found["attempt"]) == ("completed", 1)

"""One command starts the whole workspace; however it ends, no process is left and nothing is lost."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from backend.up import supervise
from backend.up.plan import Process
from contracts.errors import InputError, ToolError
from tests.backend.e2e.jobs import BINARY
from tests.backend.e2e.stack import free_port, until
from tests.hwservice.small_network import small_network_bytes

pytestmark = pytest.mark.slow


class Workspace:
    """A workspace in a folder of its own, which can be started more than once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.service_port, self.learning_port = free_port(), free_port(), free_port()
        ports = ["--port", str(self.port), "--service-port", str(self.service_port)]
        ports += ["--learning-port", str(self.learning_port)]
        self.command = [
            sys.executable,
            "-m",
            "backend.up",
            "--folder",
            str(folder / "state"),
            *ports,
            "--workers",
            "1",
            "--no-sample",
        ]
        self.environment = {**os.environ, "PROPRUNN_CACHE": str(folder / "cache")}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Open."""
        with self.starting(*arguments) as process:
            until(lambda: "is open at" in self.said() or process.poll() is not None, 120)
            yield process

    @contextmanager
    def starting(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """About to be open."""
        log = (self.folder / "said").open("w")
        process = subprocess.Popen([*self.command, *arguments], env=self.environment, stdout=log, stderr=log, text=True)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def said(self) -> str:
        return (self.folder / "said").read_text()

    def account(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.folder / "state/demo-account.json").read_text())
        return found

    def api(self) -> httpx.Client:
        """As the demonstration's account."""
        token = {"Authorization": f"Bearer {self.account()['token']}"}
        return httpx.Client(base_url=f"{self.address}/api/v1", headers=token, timeout=60)

    def who_am_i(self) -> str:
        token = {"Authorization": f"Bearer {self.account()['token']}"}
        return str(httpx.get(f"{self.address}/api/v1/me", headers=token, timeout=30).json()["email"])

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/api/v1/health", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def processes(self) -> list[psutil.Process]:
        """All that run with this workspace's folder in their environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.folder) in process.environ().get("PROPRUNN_CACHE", "") and process.pid != os.getpid():
                    found.append(process)
            except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        return found


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_it_starts_twice_with_the_same_keys_and_leaves_no_process(workspace: Workspace) -> None:
    with workspace.running() as process:
        assert f"Sign in as {workspace.who_am_i()}" in workspace.said()
        before = workspace.account()
        second = subprocess.run(
            workspace.command, env=workspace.environment, capture_output=True, text=True, check=False
        )
        assert second.returncode == 0
        assert f"runs already, at {workspace.address}; `kill {process.pid}` ends it" in second.stdout
    assert workspace.processes() == []
    with workspace.running():
        assert workspace.account() == before
        assert workspace.who_am_i() == before["email"]


def test_killed_processes_come_back_and_a_killed_supervisor_takes_all_with_it(workspace: Workspace) -> None:
    with workspace.running() as process:
        children = {child.cmdline()[2]: child for child in psutil.Process(process.pid).children()}
        children["uvicorn"].kill()
        until(workspace.answers, 60)
        process.send_signal(signal.SIGKILL)
        until(lambda: not workspace.processes(), 60)


def test_a_killed_workspace_goes_on_with_its_jobs_when_it_is_started_again(workspace: Workspace) -> None:
    with workspace.running() as process:
        api = workspace.api()
        project = api.post("/projects", json={"name": "kept"}).json()["id"]
        network = api.post(f"/projects/{project}/networks?name=small", content=small_network_bytes(), headers=BINARY)
        body = {"kind": "simulate", "accelerator": "edge-8x8", "simulator": "null", "count": 250}
        job = api.post(f"/projects/{project}/jobs", json={**body, "network": network.json()["id"]}).headers["Location"]
        until(lambda: api.get(workspace.address + job).json()["phase"] == "simulate", 60)
        children = {child.cmdline()[2]: child for child in psutil.Process(process.pid).children()}
        children["hwservice"].kill()
        until(lambda: api.get(workspace.address + job).json()["attempt"] == 2, 60)
        process.send_signal(signal.SIGKILL)
        until(lambda: not workspace.processes(), 60)
    with workspace.running():
        api = workspace.api()
        until(lambda: bool(api.get(workspace.address + job).json()["done"]), 90)
        assert api.get(workspace.address + job).json()["state"] == "completed"
        assert [found["name"] for found in api.get(f"/projects/{project}/networks").json()["items"]] == ["small"]
        kept = api.get(f"/networks/{network.json()['id']}/versions/1/file")
        assert kept.content == small_network_bytes()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_command_ends_with_the_workspace_it_runs_in(workspace: Workspace, number: int) -> None:
    script, started = workspace.folder / "stay.py", workspace.folder / "started"
    script.write_text(f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep(600)\n")
    with workspace.starting("--then", f"{sys.executable} {script}") as process:
        until(started.exists, 60)
        process.send_signal(number)
        until(lambda: not workspace.processes(), 60)


def test_a_command_runs_in_the_open_workspace_and_its_status_is_the_last_word(workspace: Workspace) -> None:
    script = workspace.folder / "ask.py"
    script.write_text(
        "import httpx, os, sys\n"
        "token = {'Authorization': 'Bearer ' + os.environ['PROPRUNN_TOKEN']}\n"
        "sys.exit(httpx.get(os.environ['PROPRUNN_URL'] + '/api/v1/me', headers=token).status_code - 193)\n"
    )
    with workspace.running("--then", f"{sys.executable} {script}", "--no-keep") as process:
        assert process.wait(60) == 7
    assert workspace.processes() == []


def test_a_taken_port_is_named_with_the_way_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervise, "_PORT_PATIENCE_S", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", workspace.port))
        taken.listen()
        with pytest.raises(InputError, match=f"port {workspace.port} is taken .* PORT="):
            supervise.wait_for_port(workspace.port, "PORT")
    assert f"Port {workspace.port} is taken; waiting" in capsys.readouterr().out


def test_a_program_that_ends_again_and_again_is_shown_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('no such table')")
    process = Process("broken", command, os.environ, f"http://127.0.0.1:{free_port()}", tmp_path / "log")
    with pytest.raises(ToolError, match=r"(?s)broken does not start; .*no such table"):
        supervise.Supervisor([process]).run(lambda: None)


@pytest.mark.rtl
def test_the_demonstration_fills_the_sample_project_through_the_api(workspace: Workspace) -> None:
    pytest.importorskip("torch")
    workspace.environment = {**os.environ, "COLUMNS": "120"}  # with the simulators that are built already
    demo = f"{sys.executable} -m mlservice.demo --fill --epochs 1 --count 1"
    for said in ("The sample project is filled", "has a finished simulation already"):
        with workspace.running("--then", demo) as process:
            assert process.poll() is None, workspace.said()
            assert said in workspace.said()

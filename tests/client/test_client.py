"""The client and its command against real services."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from proprunn import Client, ConflictError, NotFoundError, UserError, WaitTimeoutError
from proprunn.cli.main import AT_FAULT, INTERRUPTED, JOB_FAILED, main
from proprunn.jobs import Job

from tests.backend.e2e.stack import Stack
from tests.hwservice.small_network import images_bytes, small_network_bytes

Place = tuple[str, str]
NULL = ["--simulator", "null"]


@pytest.fixture
def logged_in(stack: Stack, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROPRUNN_URL", stack.backend.url)
    monkeypatch.setenv("PROPRUNN_TOKEN", token)


def test_a_network_is_uploaded_simulated_and_its_results_are_typed(client: Client, tmp_path: Path) -> None:
    project = client.create_project("whole way")
    (tmp_path / "small.onnx").write_bytes(small_network_bytes())
    (tmp_path / "images.npz").write_bytes(images_bytes())
    network = client.upload_network(tmp_path / "small.onnx", project)
    images = client.upload_data(tmp_path / "images.npz", "whole way", name="four images")
    job = client.submit_simulate_job(
        network, "edge-8x8", calibration=images, inputs=images, count=2, simulator="null", name="first"
    )
    assert job.url == f"{client.url}/jobs/{job.id}"
    assert job.wait() is job
    assert (job.done, job.success, job.failed, job.phase) == (True, True, False, None)
    report = job.download_report()
    assert report.bit_exact
    frame = report.frame()
    assert list(frame["name"]) == [layer.name for layer in report.layers]
    assert frame.attrs["origins"] == report.origins
    listing = job.download("listing", tmp_path)
    assert listing.stat().st_size == job.artifacts["listing"]["size_bytes"]
    assert [found.id for found in client.jobs(project=project, state="completed")] == [job.id]
    assert "layers" in job.analysis()


def test_accuracy_comes_with_where_it_comes_from(
    client: Client, place: Place, tmp_path: Path, logged_in: None, capsys: pytest.CaptureFixture[str]
) -> None:
    del logged_in
    (tmp_path / "labelled.npz").write_bytes(images_bytes(12, label=np.arange(12) % 4))
    labelled = client.upload_data(tmp_path / "labelled.npz", place[0])
    job = client.submit_evaluate_job(place[1], labelled, calibration=labelled, count=8).wait()
    assert (job.success, job.figures["images"]) == (True, 8)
    assert main(["jobs", "show", job.id]) == 0
    assert "by ONNX Runtime" in capsys.readouterr().out
    assert main(["evaluate", place[1], labelled.id, "--wait"]) == 0
    assert "12 images" in capsys.readouterr().out


def test_every_network_runs_on_every_accelerator_and_they_are_compared(client: Client, place: Place) -> None:
    run = client.submit_simulate_run([client.network(place[1])], ["edge-8x8", "pynq-8x32"], "both", simulator="null")
    jobs = run.wait()
    assert [job.success for job in jobs] == [True, True]
    assert run.refresh().states["completed"] == 2
    frame = client.compare(jobs, reference=jobs[1]).frame()
    assert list(frame["accelerator_name"]) == ["edge-8x8", "pynq-8x32"]
    assert frame.attrs["units"]["cycles"] == "cycles"


def test_lists_go_on_over_pages(client: Client) -> None:
    wanted = [client.create_project(f"number {number}").id for number in range(51)]
    found = [project.id for project in client.projects()]
    assert found[:51] == wanted[::-1]


def test_a_job_is_cancelled_and_tried_again(client: Client, place: Place) -> None:
    job = client.submit_simulate_job(place[1], "edge-8x8", count=10_000, simulator="null")
    with pytest.raises(ConflictError, match="wait or cancel"):
        job.retry()
    with pytest.raises(WaitTimeoutError):
        job.wait(timeout_s=0)
    job.cancel()
    assert job.wait(60).state == "cancelled"
    assert not job.failed
    again = job.retry()
    assert again.id != job.id
    again.cancel()


def test_what_is_not_there_is_named(client: Client, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="job_nowhere"):
        client.job("job_nowhere")
    with pytest.raises(UserError, match=r"there\.onnx"):
        client.upload_network(tmp_path / "not there.onnx", "first")
    with pytest.raises(NotFoundError, match="no project 'elsewhere'"):
        client.project("elsewhere")


def test_logging_in_keeps_the_token_where_only_its_user_reads_it(
    stack: Stack, token: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(token + "\n"))
    assert main(["login", "--url", stack.backend.url]) == 0
    file = tmp_path / "settings" / "client.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert Client().me()["email"] == "owner@example.org"
    with pytest.raises(UserError, match="no token is given for http://elsewhere"):
        Client("http://elsewhere.test")


@pytest.mark.usefixtures("logged_in")
def test_the_command_goes_the_whole_way(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.onnx").write_bytes(small_network_bytes(1))

    def run(*arguments: str) -> dict[str, object]:
        assert main([*arguments, "--json"]) == 0, capsys.readouterr().err
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    network = str(run("networks", "upload", str(tmp_path / "other.onnx"), "--project", place[0])["id"])
    job = run("simulate", network, "edge-8x8", "--wait", *NULL)
    assert job["success"] is True
    name = str(job["id"])
    file = run("jobs", "download", name, "program", "--to", str(tmp_path))["file"]
    assert Path(str(file)).exists()
    assert run("open", name)["url"] == job["page"]
    assert main(["jobs", "show", name]) == 0
    shown = capsys.readouterr().out
    assert "latency_ms" in shown
    assert "ms" in shown
    for words in (["jobs", "list"], ["networks", "list", "--project", place[0]], ["accelerators"], ["queue"]):
        assert main(words) == 0
    assert name in capsys.readouterr().out
    assert main(["jobs", "logs", name]) == 0
    assert main(["compare", name]) == 0
    assert main(["elaborate", "edge-8x8", "--project", place[0]]) == 0
    elaborate = capsys.readouterr().out.splitlines()[-2]
    assert main(["jobs", "cancel", elaborate]) == 0
    assert main(["jobs", "wait", elaborate]) == JOB_FAILED


@pytest.mark.usefixtures("logged_in")
def test_the_command_says_on_stderr_who_is_at_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "show", "job_nowhere", "--json"]) == AT_FAULT
    out, error = capsys.readouterr()
    assert out == ""
    assert json.loads(error)["field"] == "path.job"


@pytest.mark.usefixtures("logged_in")
def test_stopping_to_wait_says_how_to_go_on(
    client: Client, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job = client.submit_simulate_job(place[1], "edge-8x8", count=10_000, simulator="null")

    def interrupted(*_: object, **__: object) -> Job:
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, "wait", interrupted)
    assert main(["jobs", "wait", job.id]) == INTERRUPTED
    assert f"proprunn jobs wait {job.id}" in capsys.readouterr().err
    job.cancel()

"""Training through the client: the example that prunes a network to half its latency, against real services."""

import io
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proprunn import Client, NotFoundError, UserError
from proprunn.cli.main import main as command

from mlservice.datasets import digits
from tests.backend.e2e.stack import Stack

pytestmark = [pytest.mark.rtl, pytest.mark.slow]
EXAMPLE = Path(__file__).parents[2] / "client/examples/prune_my_network.py"
PROJECT = "pruned in tests"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pruned")


@pytest.fixture(scope="module")
def shown(stack: Stack, token: str, folder: Path) -> str:
    """What the example prints about images of one's own."""
    data = digits.read("scikit-learn").training
    np.savez(folder / "mine.npz", input=data.pixels[:800], label=data.labels[:800])
    arguments = ["--data", str(folder / "mine.npz"), "--epochs", "2", "--batch-images", "32", "--project", PROJECT]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROPRUNN_URL", stack.backend.url)
        patch.setenv("PROPRUNN_TOKEN", token)
        patch.setenv("COLUMNS", "120")
        patch.setattr("sys.stdout", said := io.StringIO())
        main: Any = runpy.run_path(str(EXAMPLE))["main"]
        assert main([*arguments, "--out", str(folder)]) == 0, said.getvalue()
    return said.getvalue()


def test_the_example_prunes_a_network_to_half_its_latency(shown: str, folder: Path) -> None:
    for words in ("least", "half", "dense", "latency, ms", "int8 accuracy"):
        assert words in shown
    history = json.loads((folder / "history.json").read_text())
    assert history["shapes"][-1]["kept"]
    assert (folder / "network.onnx").stat().st_size > 0


def test_the_pruned_network_is_a_version_that_came_from_the_dense_one(shown: str, client: Client, stack: Stack) -> None:
    assert shown
    pruned = next(job for job in client.jobs(project=PROJECT, kind="prune"))
    session = pruned.session()
    network = client.network(str(session.network_id))
    assert (network.name, network.latest) == ("resnet8 on mine", 2)
    versions = [stack.client().get(f"/networks/{network.id}/versions/{number}").json() for number in (1, 2)]
    assert [each["how"] for each in versions] == ["trained", "pruned"]
    assert versions[1]["parent"] == versions[0]["id"]
    assert versions[1]["made_by"] == pruned.id
    assert pruned.figures["latency_ms"] == session.measured_latency_ms
    assert session.accuracy_dense is not None
    kinds = {event["kind"] for event in pruned.events()}
    assert {"metrics", "epoch", "shape"} <= kinds


def test_what_is_no_session_has_no_result_of_one(shown: str, client: Client) -> None:
    assert shown
    simulation = next(job for job in client.jobs(project=PROJECT, kind="simulate"))
    with pytest.raises(NotFoundError, match="is no completed training session"):
        simulation.session()


def test_the_command_says_what_is_reachable_and_refuses_what_is_not(
    shown: str, stack: Stack, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown
    monkeypatch.setenv("PROPRUNN_URL", stack.backend.url)
    monkeypatch.setenv("PROPRUNN_TOKEN", token)
    of = ["--project", PROJECT, "--data", "digits"]
    assert command(["reachable", *of, "--json"]) == 0
    least, _, dense = json.loads(capsys.readouterr().out)
    assert least["latency_ms"] < dense["latency_ms"]
    assert command(["prune", *of, "--latency-ms", str(least["latency_ms"] / 2), "--json"]) == 2
    problem = json.loads(capsys.readouterr().err)
    assert "below the least that is reachable" in json.dumps(problem)
    assert command(["training", "--json"]) == 0
    assert "resnet8" in [each["name"] for each in json.loads(capsys.readouterr().out)["networks"]]


def test_the_command_sweeps_and_shows_what_it_came_to(
    shown: str,
    client: Client,
    stack: Stack,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shown
    monkeypatch.setenv("PROPRUNN_URL", stack.backend.url)
    monkeypatch.setenv("PROPRUNN_TOKEN", token)
    few = ["--data", "digits", "--training-images", "300", "--epochs", "1", "--batch-images", "32"]
    wanted = ["--methods", "uniform-aligned", "--budgets-ms", "0.1"]
    assert command(["pareto", "--project", PROJECT, *few, *wanted, "--wait"]) == 0
    assert "uniform-aligned" in capsys.readouterr().out
    found = next(client.jobs(project=PROJECT, kind="pareto")).sweep()
    assert found["points"][0]["measured_latency_ms"] <= 1.02 * 0.1
    assert found["front"] == [found["points"][0]["run"]]


def test_data_that_nothing_can_be_trained_on_is_refused(shown: str, client: Client, folder: Path) -> None:
    assert shown
    np.savez(folder / "one.npz", input=np.zeros((9, 8, 8), np.uint8), label=np.zeros(9, np.int64))
    with pytest.raises(UserError, match="images of one class alone"):
        client.upload_data(folder / "one.npz", PROJECT, use="training")

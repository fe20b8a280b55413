"""Predictors through the client, and the example that goes from an accelerator's parameters to a predictor, against real services."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from proprunn import Client

from tests.backend.e2e.stack import Stack

EXAMPLE = Path(__file__).parents[2] / "client/examples/predictor_for_my_accelerator.py"
NETWORKS = 36


@pytest.fixture(scope="module")
def shown(stack: Stack, token: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the example prints about an 8 x 16 accelerator of one's own, by the twin that simulates nothing."""
    return run(stack, token, tmp_path_factory.mktemp("example"), "--simulator", "null")


def run(stack: Stack, token: str, folder: Path, *more: str) -> str:
    """Carry the example out in this process."""
    small = ["--rows", "8", "--lanes", "16", "--networks", str(NETWORKS), "--size", "8", "--width", "16"]
    arguments = [*small, "--project", folder.name, "--name", "mine", "--out", str(folder), *more]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROPRUNN_URL", stack.backend.url)
        patch.setenv("PROPRUNN_TOKEN", token)
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *parts, **_: lines.append(" ".join(map(str, parts))))
        main: Any = runpy.run_path(str(EXAMPLE))["main"]
        assert main(arguments) == 0, "\n".join(lines)
    return "\n".join(lines)


@pytest.mark.slow
def test_the_example_goes_from_parameters_to_a_predictor_whose_onnx_file_agrees(shown: str) -> None:
    assert "accelerator mine: 128 cells" in shown
    for kind in ("expert", "linear", "network", "hybrid"):
        assert f" {kind} " in shown
    assert "predicted: " in shown
    assert "the ONNX file alone: " in shown


@pytest.mark.slow
def test_its_predictor_is_listed_asked_and_deleted(shown: str, client: Client) -> None:
    project = next(found for found in client.projects() if found.name.startswith("example"))
    (predictor,) = client.predictors(project)
    assert predictor.url in shown
    assert predictor.scores["all"]["rows"] > 0
    own = next(found for found in client.accelerators(project) if found.name == "mine")
    structure = {"version": 1, "input": [3, 8, 8], "layers": [layer(24), layer(12, "second", "conv")]}
    first, second = predictor.predict([structure, structure], own)
    assert first == second
    assert first.low < first.value < first.high
    (fast,) = predictor.predict([structure], own, target="throughput")
    assert fast.value == pytest.approx(1e3 / first.value)
    predictor.delete()
    assert not list(client.predictors(project))


def layer(filters: int, name: str = "conv", source: str = "input") -> dict[str, Any]:
    return {"name": name, "operator": "conv", "wires": [source], "filters": filters, "kernel": 3, "padding": 1}

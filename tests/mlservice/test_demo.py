"""The demonstration trains once, asks the workspace, and reports what it was told."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from contracts.errors import InputError
from mlservice.datasets import Dataset, digits
from mlservice.demo import __main__ as demo
from mlservice.demo.prepare import prepare
from mlservice.demo.workspace import Simulation
from mlservice.training import Progress, TrainingOptions

SIMULATED: dict[str, Any] = {
    "network": "resnet8",
    "accelerator": "pynq-8x32",
    "clock_mhz": 100.0,
    "inputs": 4,
    "bit_exact": True,
    "cycles": 41986,
    "latency_ms": 0.41986,
    "throughput_fps": 2381.7,
    "energy_mj": 0.5,
    "power_mw": 1190.0,
    "utilisation": 0.953,
    "expert_cycles": 41500,
    "simulated_cycles_per_s": 5.1e6,
    "compile_s": 0.8,
    "simulate_s": 0.03,
    "outputs": "outputs.npz",
    "layers": [
        {
            "name": "stem",
            "operator": "Conv",
            "cycles": 900,
            "stalls": {"dram": 12, "drain": 3},
            "utilisation": 0.9,
            "macs": 112896,
            "dram_bytes": 1024,
            "energy_mj": 0.01,
        }
    ],
}
EVALUATED = {"accuracy_float": 0.9222, "accuracy_int8": 0.9215, "images": 360}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees what another one trained."""
    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def few_digits() -> Dataset:
    whole = digits.read("scikit-learn")
    return Dataset(whole.name, whole.origin, 10, whole.training.first(64), whole.test.first(20))


PRUNED: dict[str, Any] = {
    "accuracy_float": 0.9202,
    "accuracy_int8": 0.9195,
    "params": 30_000,
    "version": "ver_pruned",
    "wall_s": 61.0,
    "train_energy_wh": 0.5,
    "footprint_method": "CodeCarbon",
}


class OpenWorkspace:
    """A workspace that has simulated and pruned already."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.report, self.wishes = report, list[dict[str, Any]]()
        self.estimated: tuple[object, ...] = ()

    def sample_project(self) -> str:
        return "proj_sample"

    def network(self, *of: object) -> str:
        return f"{of[0]}/{of[1]}"

    def data(self, *of: object) -> str:
        return f"{of[0]}/{of[1]}"

    def evaluate(self, _: str, wish: dict[str, Any], *__: object) -> dict[str, Any]:
        assert set(wish) == {"name", "network", "calibration", "inputs"}
        return EVALUATED

    def estimate(self, *of: object) -> None:
        self.estimated = of[1:3]

    def simulate(self, _: str, wish: dict[str, Any], *__: object) -> Simulation:
        self.wishes.append(wish)
        if wish["network"] == PRUNED["version"]:
            half = {"latency_ms": 0.2098, "cycles": 20980, "energy_mj": 0.25}
            return Simulation(self.report | half, "http://127.0.0.1:8100/jobs/job_3")
        return Simulation(self.report, "http://127.0.0.1:8100/jobs/job_1")

    def reachable(self, *_: object) -> list[dict[str, Any]]:
        row = {"latency_ms": 0.42, "energy_mj": 0.5, "params": 77_000, "macs": 12_000_000}
        return [{"name": name, **row} for name in ("least", "half", "dense")]

    def session(self, _: str, wish: dict[str, Any], *__: object) -> dict[str, Any]:
        self.wishes.append(wish)
        return {"id": "job_2", "result": PRUNED}

    def page(self, job: dict[str, Any]) -> str:
        return f"http://127.0.0.1:8100/jobs/{job['id']}"


def run_on(dataset: Dataset, monkeypatch: pytest.MonkeyPatch, workspace: OpenWorkspace) -> int:
    monkeypatch.setattr(demo, "load", lambda _: dataset)
    monkeypatch.setattr(demo, "_workspace", lambda: workspace)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(demo, "TrainingOptions", lambda **_: TrainingOptions(epochs=1, batch_images=32))
    return demo.main(["--count", "4"])


def test_the_second_preparation_trains_nothing(few_digits: Dataset) -> None:
    reports: list[Progress] = []
    options = TrainingOptions(epochs=1, batch_images=32)
    first = prepare(few_digits, options, reports.append)
    second = prepare(few_digits, options, reports.append)
    assert len(reports) == 2
    assert (first.reused, second.reused) == (False, True)
    assert (first.accuracy, first.folder) == (second.accuracy, second.folder)
    assert {path.name for path in first.folder.iterdir()} == {
        "resnet8.onnx",
        "test.npz",
        "calibration.npz",
        "training.json",
    }


def test_other_options_or_data_are_trained_anew(few_digits: Dataset) -> None:
    options = TrainingOptions(epochs=1, batch_images=32)
    fewer = Dataset(few_digits.name, few_digits.origin, 10, few_digits.training.first(32), few_digits.test)
    folders = {
        prepare(few_digits, options).folder,
        prepare(few_digits, TrainingOptions(epochs=1, batch_images=32, seed=1)).folder,
        prepare(fewer, options).folder,
    }
    assert len(folders) == 3


def test_the_report_shows_every_figure_with_unit_and_origin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], few_digits: Dataset
) -> None:
    workspace = OpenWorkspace(SIMULATED)
    assert run_on(few_digits, monkeypatch, workspace) == 0
    assert workspace.wishes[0]["count"] == 4
    assert workspace.estimated == ("proj_sample/resnet8", "pynq-8x32")
    said = capsys.readouterr().out
    for figure in ("92.22%", "92.15%", "360 test images", "scikit-learn", "0.420 ms", "2,382 frames/s", "0.500 mJ"):
        assert figure in said
    for origin in (
        "measured on RTL, at 100 MHz",
        "modelled",
        "-1.2% against the RTL",
        "95.3%",
        "identical to",
        "jobs/job_1",
    ):
        assert origin in said
    assert "stem" in said
    assert " 15 " in said  # stalls of all causes


def test_it_is_pruned_to_half_its_latency_and_shown_beside(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], few_digits: Dataset
) -> None:
    workspace = OpenWorkspace(SIMULATED)
    assert run_on(few_digits, monkeypatch, workspace) == 0
    session = workspace.wishes[1]
    assert (session["latency_ms"], session["data"], session["epochs"]) == (0.5 * 0.41986, "digits", 1)
    assert session["dense"].endswith("resnet8")
    said = capsys.readouterr().out
    for figure in ("92.02%", "-0.20 points", "0.2098", "50.0%", "39.0%", "CodeCarbon", "jobs/job_2", "jobs/job_3"):
        assert figure in said


def test_outputs_that_differ_from_the_golden_model_fail_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], few_digits: Dataset
) -> None:
    assert run_on(few_digits, monkeypatch, OpenWorkspace(SIMULATED | {"bit_exact": False})) == 1
    assert "DIFFERENT FROM" in capsys.readouterr().out


def test_without_a_workspace_it_says_what_starts_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROPRUNN_URL", raising=False)
    with pytest.raises(InputError, match="make demo"):
        demo.main([])

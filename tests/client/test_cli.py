"""Every verb of the command with `--json`, against real services: documents on stdout, and nothing else."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from proprunn import Client
from proprunn.cli.main import main
from proprunn.cli.verbs import VERBS

from tests.backend.e2e.stack import Stack
from tests.client.test_campaigns import tiny
from tests.hwservice.small_network import CLASSES, images_bytes, small_network_bytes


class World:
    """What the verbs are about; each is made when it is first asked for."""

    def __init__(self, client: Client, project: str, network: str, folder: Path) -> None:
        self.client, self.project, self.network, self.folder = client, project, network, folder
        (folder / "small.onnx").write_bytes(small_network_bytes(3))
        (folder / "images.npz").write_bytes(images_bytes(label=np.arange(4) % CLASSES))
        (folder / "fields.json").write_text('{"rows": 8, "lanes": 16}')
        self.file, self.images, self.fields = (
            str(folder / name) for name in ("small.onnx", "images.npz", "fields.json")
        )

    def finished(self) -> str:
        job = self.client.submit_simulate_job(self.network, "edge-8x8", simulator="null").wait(120)
        assert job.success
        return job.id

    def waiting(self) -> str:
        return self.client.submit_simulate_job(self.network, "edge-8x8", count=10_000, simulator="null").id

    def labelled(self) -> str:
        return self.client.upload_data(self.images, self.project, f"images {self.folder.name}").id

    def definition(self, count: int) -> str:
        place = self.folder / "campaign.json"
        place.write_text(json.dumps(tiny(f"by command {self.folder.name}", count)))
        return str(place)

    def campaign(self, count: int, *, wait: bool = False) -> str:
        made = self.client.submit_campaign(self.definition(count), self.project, simulator="null")
        assert not wait or made.wait(120).success
        return made.id

    def paused(self) -> str:
        made = self.client.campaign(self.campaign(4)).pause()
        made.wait(60)
        return made.id

    def drawn(self) -> str:
        """A finished campaign that is large enough to fit something to. Made once for each project."""
        if self.project not in CAMPAIGNS:
            definition = tiny("drawn", 60, bases=[{"widths": [24, 48, 64]}])
            made = self.client.submit_campaign(definition, self.project, simulator="null")
            assert made.wait(300).success
            CAMPAIGNS[self.project] = made.id
        return CAMPAIGNS[self.project]

    def predictor(self) -> str:
        """Quickly fitted."""
        fit = self.client.submit_fit_predictor_job
        job = fit(self.project, self.drawn(), "quick", kind="linear", compare=["expert"], curve=False).wait(300)
        assert job.success, job.failure
        return job.id

    def run(self) -> str:
        return self.client.submit_simulate_run([self.network], ["edge-8x8"], "one", simulator="null").id


NULL: Final = ["--simulator", "null"]
SHORT: Final = ["--network", "resnet8", "--data", "digits", "--epochs", "1", "--batch-images", "32"]
CAMPAIGNS: Final[dict[str, str]] = {}
Arguments = Callable[[World], list[str]]
VERB_ARGUMENTS: Final[dict[str, Arguments]] = {
    "login": lambda world: ["--url", world.client.url],
    "me": lambda _: [],
    "projects list": lambda _: [],
    "projects create": lambda _: ["by command"],
    "networks list": lambda world: ["--project", world.project],
    "networks upload": lambda world: [world.file, "--project", world.project, "--name", "by command"],
    "networks add-version": lambda world: [world.network, world.file, "--note", "other weights"],
    "data list": lambda world: ["--project", world.project],
    "data upload": lambda world: [world.images, "--project", world.project],
    "accelerators": lambda world: ["--project", world.project, "--create", world.fields, "--name", "by command"],
    "compile": lambda world: [world.network, "edge-8x8"],
    "simulate": lambda world: [world.network, "edge-8x8", "--simulator", "null", "--wait"],
    "evaluate": lambda world: [world.network, world.labelled()],
    "elaborate": lambda world: ["edge-8x8", "--project", world.project],
    "runs list": lambda world: ["--project", world.project],
    "runs simulate": lambda world: [world.network, "--on", "edge-8x8", "--name", "two", "--simulator", "null"],
    "runs show": lambda world: [world.run()],
    "runs wait": lambda world: [world.run()],
    "runs cancel": lambda world: [world.run()],
    "jobs list": lambda world: ["--project", world.project],
    "jobs show": lambda world: [world.finished()],
    "jobs wait": lambda world: [world.finished()],
    "jobs cancel": lambda world: [world.waiting()],
    "jobs retry": lambda world: [world.finished()],
    "jobs download": lambda world: [world.finished(), "listing", "--to", str(world.folder)],
    "jobs logs": lambda world: [world.finished()],
    "jobs analysis": lambda world: [world.finished()],
    "campaign estimate": lambda world: [world.definition(4), "--project", world.project],
    "campaign run": lambda world: [world.definition(4), "--project", world.project, *NULL],
    "campaign list": lambda world: ["--project", world.project],
    "campaign show": lambda world: [world.campaign(4)],
    "campaign wait": lambda world: [world.campaign(4)],
    "campaign pause": lambda world: [world.campaign(900)],
    "campaign resume": lambda world: [world.paused()],
    "campaign extend": lambda world: [world.campaign(4, wait=True), "--networks", "6"],
    "campaign cancel": lambda world: [world.campaign(900)],
    "campaign download": lambda world: [world.campaign(4, wait=True), "--to", str(world.folder)],
    "predictors list": lambda world: ["--project", world.project],
    "predictors fit": lambda world: [world.drawn(), "--project", world.project, "--name", "by-command"],
    "predictors show": lambda world: [world.predictor()],
    "predictors predict": lambda world: [world.predictor(), world.network, "--on", "edge-8x8"],
    "predictors download": lambda world: [world.predictor(), "--to", str(world.folder)],
    "predictors delete": lambda world: [world.predictor()],
    "train": lambda world: ["--project", world.project, *SHORT],
    "prune": lambda world: ["--project", world.project, *SHORT, "--latency-ms", "0.06"],
    "reachable": lambda world: ["--project", world.project, "--network", "resnet8", "--data", "digits"],
    "training": lambda _: [],
    "pareto": lambda world: ["--project", world.project, *SHORT, "--methods", "dense", "--shares", "0.5"],
    "compare": lambda world: [world.finished()],
    "open": lambda world: [world.finished()],
    "queue": lambda _: [],
}
KEYS: Final = {
    "login": "user",
    "me": "email",
    "jobs download": "file",
    "campaign estimate": "parts",
    "campaign download": "files",
    "predictors predict": "value",
    "predictors download": "file",
    "predictors delete": "deleted",
    "open": "url",
    "queue": "slots",
    "compare": "items",
    "reachable": "latency_ms",
    "training": "methods",
}
"""What the document has; `id` where it is another."""
KEYS_OF_LISTS: Final = {"jobs logs": "line", "jobs analysis": "layers"}


@pytest.fixture
def world(
    client: Client, stack: Stack, token: str, place: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("PROPRUNN_URL", stack.backend.url)
    monkeypatch.setenv("PROPRUNN_TOKEN", token)
    monkeypatch.setattr("sys.stdin", StringIO(token + "\n"))
    return World(client, *place, tmp_path)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_prints_documents_and_nothing_else(verb: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = VERB_ARGUMENTS[verb](world)
    capsys.readouterr()
    assert main([*verb.split(), *arguments, "--json"]) == 0, capsys.readouterr().err
    shown = capsys.readouterr().out
    found: Any = [json.loads(line) for line in shown.splitlines()] if verb == "jobs logs" else json.loads(shown)
    for one in found if isinstance(found, list) else [found]:
        assert {**KEYS, **KEYS_OF_LISTS}.get(verb, "id") in one


@pytest.mark.parametrize(
    "verb",
    [
        "campaign estimate",
        "campaign show",
        "campaign list",
        "runs list",
        "runs show",
        "jobs analysis",
        "me",
        "networks add-version",
    ],
)
def test_people_get_words(verb: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*verb.split(), *VERB_ARGUMENTS[verb](world)]) == 0
    shown = capsys.readouterr().out
    assert shown.strip()
    assert not shown.startswith(("{", "["))

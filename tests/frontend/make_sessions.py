"""Record the training sessions that pages are tested with, on digits: `python -m tests.frontend.make_sessions [NAME...]`.

`none` for NAME records no session anew, and the sweep that they are the runs of.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contracts.job import TOLD, JobKind
from contracts.learning import ParetoOptions, PruneOptions
from mlservice.jobs import sweep
from mlservice.jobs.kinds import HANDLERS
from mlservice.pareto.results import Identity, Result
from mlservice.pareto.runs import DENSE, Budget, Run, Setting
from mlservice.pareto.sources import digest_of
from mlservice.pareto.summary import Summary
from mlservice.pareto.sweep import Event, Mark

DATA: Final = Path(__file__).parent / "data/sessions"
_HALF_MS: Final = 0.06
_QUARTER_MS: Final = 0.03
SESSIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "dense": {"method": "dense", "latency_ms": 1.0},
    "gates-half": {"method": "priced-gates", "latency_ms": _HALF_MS},
    "gates-quarter": {"method": "priced-gates", "latency_ms": _QUARTER_MS},
    "uniform-half": {"method": "uniform-aligned", "latency_ms": _HALF_MS},
    "uniform-quarter": {"method": "uniform-aligned", "latency_ms": _QUARTER_MS},
}
_SAME: Final = {"data": "digits", "epochs": 6, "batch_images": 64, "peak_learning_rate": 0.2, "precision": "float32"}
_SWEPT: Final = ("dense", "priced-gates", "uniform-aligned")
_WITH_NETWORK: Final = ("dense", "gates-quarter")
"""Sessions whose networks are kept, so that the line from one to the other can be shown."""


def record(name: str) -> None:
    """Carry a session out as the learning service does; options, what it told and its result are kept."""
    wanted = PruneOptions.from_mapping({**_SAME, **SESSIONS[name]})
    told: list[tuple[str, Mapping[str, Any]]] = []

    def emit(message: Mapping[str, Any]) -> None:
        if message["kind"] in {kind.value for kind in TOLD}:
            told.append((message["kind"], {key: value for key, value in message.items() if key != "kind"}))

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / f"{name}.1"
        folder.mkdir()
        dense = DATA / "dense-report.json"
        options: dict[str, Any] = {
            "wanted": wanted.to_mapping(),
            "upload": None,
            "former": [],
            "runs": f"{place}/runs",
            "registry": f"{place}/registry",
        }
        options["dense_path"] = str(dense) if name != "dense" else None
        result, files = HANDLERS[JobKind.PRUNE](options, folder, emit)
        if name == "dense":
            dense.write_text(json.dumps(result))
        if name in _WITH_NETWORK:
            shutil.copy(folder / files["network"], DATA / f"{name}.onnx")
    found = {"kind": JobKind.PRUNE.value, "options": wanted.to_mapping(), "events": told, "result": result}
    (DATA / f"{name}.json").write_text(json.dumps(found))


def record_sweep() -> None:
    """The recorded sessions as the runs of a sweep: what it tells of them, and what they say together."""
    wanted = ParetoOptions.from_mapping({**_SAME, "methods": _SWEPT, "budgets_ms": [_HALF_MS, _QUARTER_MS]})
    setting = Setting(
        "resnet8", "digits", epochs=6, batch=64, precision="float32", learning_rate=0.2, validation_share=0.1
    )
    ends = []
    for name, options in SESSIONS.items():
        budget = Budget("latency_ms", options["latency_ms"], of_dense=False) if options["method"] != DENSE else None
        run = Run(setting, options["method"], budget=budget)
        answer = json.loads((DATA / f"{name}.json").read_text())["result"]
        ends.append(
            Result(Identity(run, digest_of(run.method, run.cost)), answer, None, {}, "2026-01-01T00:00:00+00:00")
        )
    told: list[Mapping[str, Any]] = []
    for end in ends:
        sweep.tell_run(told.append, Event(end.run, Mark.OPEN, 0, len(ends)))
    for at, end in enumerate(ends):
        sweep.tell_run(told.append, Event(end.run, Mark.STARTED, at, len(ends)))
        sweep.tell_run(told.append, Event(end.run, Mark.DONE, at + 1, len(ends), end))
    result = {**Summary.of(ends).to_mapping(), "failed": {}}
    events = [(each["kind"], {name: value for name, value in each.items() if name != "kind"}) for each in told]
    found = {"kind": JobKind.PARETO.value, "options": wanted.to_mapping(), "events": events, "result": result}
    (DATA / "sweep.json").write_text(json.dumps(found))


def main() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    for name in SESSIONS if len(sys.argv) == 1 else {*sys.argv[1:]} & SESSIONS.keys():
        record(name)
    record_sweep()


if __name__ == "__main__":
    main()

"""Record the training sessions that pages are tested with, on digits: `python -m tests.frontend.make_sessions [NAME...]`."""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contracts.job import TOLD, JobKind
from contracts.learning import PruneOptions
from mlservice.jobs.kinds import HANDLERS

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
        options = {
            "wanted": wanted.to_mapping(),
            "upload": None,
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


def main() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or SESSIONS:
        record(name)


if __name__ == "__main__":
    main()

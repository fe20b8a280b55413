"""The fixed table of what jobs can be: each kind's handler, from plain options to a result and files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contracts.job import JobKind
from mlservice.jobs import sessions, sweep
from mlservice.predictors import assess
from mlservice.predictors.registry import CARD, Registry, pack
from mlservice.predictors.rows import read
from mlservice.predictors.targets import Target
from mlservice.predictors.train import TrainWish, train
from servicekit.jobs.task import Answer, Emit, Handler

_PHASES: Final = ("read", "fit", *assess.PHASES)
EVALUATION: Final = "evaluation.json"


def _fit_predictor(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    """Fit one predictor to the uploaded tables and look at it from all sides; it is kept in the service's registry and handed out as a zip."""

    def tell(phase: str, share: float, what: str = "") -> None:
        shown = {"phase": phase, "index": _PHASES.index(phase), "phases": len(_PHASES)}
        emit({"kind": "progress", **shown, "fraction": share, "seconds_left": None})
        if what:
            emit({"kind": "log", "line": f"{phase}: {what}"})

    tell("read", 0.0)
    layers = options.get("layers_path")
    target = Target(options["target"])
    rows = read(Path(options["networks_path"]), Path(layers) if layers else None, target)
    tell("fit", 0.0)
    wish = TrainWish(options["name"], options["kind"], target, options["split"], options["seed"])
    registry = Registry(Path(options["registry"]))
    card = train(rows, wish, registry)
    name = f"{card.name}@{card.version}"
    extent = assess.Extent(tuple(options["compare"]), options["curve"])
    found = assess.assess(rows, registry.find(name), extent, tell)
    pack(registry.place(name), folder / "predictor.zip")
    (folder / CARD).write_text(json.dumps(card.to_mapping(), indent=1))
    (folder / EVALUATION).write_text(json.dumps(found))
    return {"predictor": card.to_mapping()}, {"predictor": "predictor.zip", "card": CARD, "evaluation": EVALUATION}


HANDLERS: Final[dict[JobKind, Handler]] = {
    JobKind.FIT_PREDICTOR: _fit_predictor,
    JobKind.TRAIN: sessions.carry_out_training,
    JobKind.PRUNE: sessions.carry_out_pruning,
    JobKind.PARETO: sweep.carry_out_sweep,
}
"""What a job can be; nothing else is accepted from the wire."""

"""The fixed table of what jobs can be: each kind's handler, from plain options to a result and files."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contracts.job import JobKind
from mlservice.predictors.registry import CARD, Registry
from mlservice.predictors.rows import read
from mlservice.predictors.targets import Target
from mlservice.predictors.train import TrainWish, train
from servicekit.jobs.task import Answer, Emit, Handler

_PHASES: Final = ("read", "fit")


def _fit_predictor(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    """Fit one predictor to the uploaded tables; it is kept in the service's registry and handed out as a zip."""

    def tell(share: float, what: str) -> None:
        shown = {"phase": what, "index": _PHASES.index(what), "phases": len(_PHASES)}
        emit({"kind": "progress", **shown, "fraction": share, "seconds_left": None})

    tell(0.0, "read")
    layers = options.get("layers_path")
    rows = read(Path(options["networks_path"]), Path(layers) if layers else None)
    tell(0.0, "fit")
    wish = TrainWish(options["name"], options["kind"], Target(options["target"]), options["split"], options["seed"])
    registry = Registry(Path(options["registry"]))
    card = train(rows, wish, registry)
    tell(1.0, "fit")
    _pack(registry.place(f"{card.name}@{card.version}"), folder / "predictor.zip")
    (folder / CARD).write_text(json.dumps(card.to_mapping(), indent=1))
    return {"predictor": card.to_mapping()}, {"predictor": "predictor.zip", "card": CARD}


def _pack(place: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(place.iterdir()):
            archive.write(path, path.name)


HANDLERS: Final[dict[JobKind, Handler]] = {JobKind.FIT_PREDICTOR: _fit_predictor}
"""What a job can be; nothing else is accepted from the wire."""

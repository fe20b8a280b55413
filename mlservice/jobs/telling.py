"""What a training job tells while it runs: few messages, from which the session can be drawn, kept for its history, too."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from contracts.accelerator import Accelerator
from contracts.job import EventKind
from mlservice.hardware import Hardware
from mlservice.training import Epoch, Progress, TrainingOptions
from mlservice.training.methods.method import Shape
from mlservice.training.trainer import learning_rate
from servicekit.jobs.task import Emit

PHASES: Final = ("read", "train", "measure", "keep")
_BEGIN: Final = "begin"
_POINTS: Final = 400
"""Of loss and learning rate in a session, at most."""
_LEAST_SECONDS: Final = 0.25
"""Between two of them."""


@dataclass
class Teller:
    """Tells and keeps.

    Args:
        emit: to the service.
        kept: a file of messages, one JSON a line, which an attempt that goes on goes on with.
        options: of the training.
        dense: filters of each convolution before anything is pruned.
        unit: of budget and cost.
        steps: of the whole session.
    """

    emit: Emit
    kept: Path
    options: TrainingOptions
    dense: Mapping[str, int] = field(default_factory=dict)
    unit: str = ""
    steps: int = 0
    _first: tuple[float, float] | None = None
    _told_at_s: float = -_LEAST_SECONDS

    def phase(self, name: str, share: float = 0.0, seconds_left: float | None = None) -> None:
        """How far the job is."""
        where = {"phase": name, "index": PHASES.index(name), "phases": len(PHASES)}
        self.emit({"kind": EventKind.PROGRESS.value, **where, "fraction": share, "seconds_left": seconds_left})

    def line(self, text: str) -> None:
        """A line for the log."""
        self.emit({"kind": EventKind.LOG.value, "line": text})

    def step(self, at: Progress) -> None:
        """A step was made; told where one is due."""
        now, share = time.monotonic(), at.step / at.steps
        self._first = self._first or (now, share)
        due = at.step % max(1, at.steps // _POINTS) == 0 and now - self._told_at_s >= _LEAST_SECONDS
        if not due and at.step < at.steps:
            return
        self._told_at_s = now
        began, before = self._first
        left = (now - began) * (1 - share) / (share - before) if share > before else None
        self.phase("train", share, left)
        rate = learning_rate(self.options, (at.step - 1) / at.steps)
        self._tell(EventKind.METRICS, share, step=at.step, steps=at.steps, loss=at.loss, learning_rate=rate)

    def epoch(self, ended: Epoch) -> None:
        """An epoch ended."""
        self._tell(EventKind.EPOCH, (ended.epoch + 1) / self.options.epochs, **asdict(ended))
        seen = ended.validation_accuracy
        share = "" if seen is None else f", {seen:.2%} of the validation images right"
        self.line(f"epoch {ended.epoch + 1} of {self.options.epochs}: loss {ended.loss:.4f}{share}")

    def shape(self, decided: Shape) -> None:
        """The network's shape was decided."""
        names = {flattened(name): name for name in self.dense}  # a network that was cut has flat names
        kept = {}
        for name, (filters, share) in decided.kept.items():
            layer = names[flattened(name)]
            kept[layer] = [filters, share, self.dense[layer]]
        self._tell(
            EventKind.SHAPE,
            decided.share,
            step=round(decided.share * self.steps),
            budget=decided.budget,
            cost=decided.cost,
            unit=self.unit,
            predicted=dict(decided.predicted),
            multiplier=decided.multiplier,
            kept=kept,
        )

    def history(self) -> dict[str, list[dict[str, Any]]]:
        """All that was told of the session, by kind, each in order; what an attempt told that was overtaken is left out."""
        found: dict[str, list[dict[str, Any]]] = {EventKind.METRICS: [], EventKind.EPOCH: [], EventKind.SHAPE: []}
        attempts: list[dict[str, list[dict[str, Any]]]] = []
        for message in self._messages():
            if message.get("kind") == _BEGIN:
                attempts.append({kind: [] for kind in found})
            elif attempts:
                attempts[-1][message.pop("kind")].append(message)
        for told in attempts:
            for kind, messages in told.items():
                first = messages[0]["share"] if messages else 2.0
                found[kind] = [each for each in found[kind] if each["share"] < first] + messages
        return {"metrics": found[EventKind.METRICS], "epochs": found[EventKind.EPOCH], "shapes": found[EventKind.SHAPE]}

    def begin(self) -> None:
        """An attempt begins, or goes on; what a killed one was writing ends here."""
        with self.kept.open("a", encoding="utf-8") as file:
            file.write("\n")
        self._keep({"kind": _BEGIN})

    def _tell(self, kind: EventKind, share: float, **data: Any) -> None:
        message = {"kind": kind.value, "share": share, **data}
        self.emit(message)
        self._keep(message)

    def _keep(self, message: Mapping[str, Any]) -> None:
        with self.kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(message) + "\n")
        os.utime(self.kept.parent)  # nobody has forgotten this session

    def _messages(self) -> list[dict[str, Any]]:
        """A line that a killed attempt did not finish is passed over."""
        found = []
        for line in self.kept.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found


def flattened(name: str) -> str:
    """A module's name as it is in a network that was cut: `mlservice.pruning.apply` makes attributes of qualified names."""
    return name.replace(".", "_")


@dataclass(frozen=True)
class ToldHardware:
    """Says what the hardware side is asked."""

    hardware: Hardware
    teller: Teller

    def simulate(
        self, network: Path, accelerator: Accelerator, calibration: Path, keep: Path | None = None
    ) -> dict[str, Any]:
        """See `Hardware`."""
        if keep is not None:
            self.teller.phase("measure")
        report = self.hardware.simulate(network, accelerator, calibration, keep)
        self.teller.line(f"the RTL of {accelerator.name} takes {report['latency_ms']:.6g} ms for one image")
        return report

    def evaluate(self, network: Path, calibration: Path, inputs: Path) -> dict[str, Any]:
        """See `Hardware`."""
        self.teller.phase("measure", 0.5)
        return self.hardware.evaluate(network, calibration, inputs)

    def abandon(self) -> None:
        """See `Hardware`."""
        self.hardware.abandon()

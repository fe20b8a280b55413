"""What priced gates add to training time, and what bfloat16 takes off it: `python -m benchmarks.overhead [--epochs N] [--costs ...]`.

ResNet-8 on Fashion-MNIST, one thread. Sessions take turns of 50 steps in one process, so that a busy machine weighs on all alike: dense in
float32 and bfloat16, and priced gates at half of the dense latency with each cost. Figures are processor time: of a step, of what
holds weights that are off, and of decisions with their predictor, those before the first step among them. The structure is settled by
prediction; simulations on the RTL, which a real session adds then (a few, of some seconds each, whatever the epochs), are not counted. The
exit status is 1 where decisions of a session take more than the limit's share of its training time.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch

from contracts.accelerator import PRESETS
from contracts.errors import CancelledError
from mlservice.datasets import Dataset, named
from mlservice.networks import build
from mlservice.predictors.registry import Registry
from mlservice.pruning.metrics import costs_of, price_of
from mlservice.training import Precision, Trainer, TrainingOptions
from mlservice.training.methods.catalogue import METHODS
from mlservice.training.methods.method import Shaper, Task

LIMIT: Final = 0.15
_TURN_STEPS: Final = 50


@dataclass
class Session:
    """A training run that is timed.

    Attributes:
        name: for the table.
        trainer: of it.
        shaper: none where the network stays as it is.
        total_s, holding_s, decisions_s: processor time so far; the first includes the others.
        wall_s: time so far.
    """

    name: str
    trainer: Trainer
    shaper: Shaper | None = None
    total_s: float = 0.0
    holding_s: float = 0.0
    decisions_s: float = 0.0
    wall_s: float = 0.0

    def after_backward(self, trainer: Trainer, /) -> None:
        """See `Controller`."""
        if self.shaper is not None:
            began = time.process_time()
            self.shaper.after_backward(trainer)
            self.holding_s += time.process_time() - began

    def after_step(self, trainer: Trainer, /) -> None:
        """See `Controller`."""
        if self.shaper is not None:
            began = time.process_time()
            self.shaper.after_step(trainer)
            self.decisions_s += time.process_time() - began

    def turn(self) -> None:
        """The next steps."""
        end = self.trainer.step + _TURN_STEPS
        began, wall = time.process_time(), time.perf_counter()
        with suppress(CancelledError):  # the turn is over
            self.trainer.run(self, cancelled=lambda: self.trainer.step >= end)
        self.total_s += time.process_time() - began
        self.wall_s += time.perf_counter() - wall

    @property
    def overhead(self) -> float:
        """Decisions, of all the rest of the training time."""
        return self.decisions_s / (self.total_s - self.decisions_s)

    def line(self, dense_s: float) -> str:
        """Figures of all steps so far."""
        step_ms = 1e3 * self.total_s / max(1, self.trainer.step)
        return (
            f"{self.name:<32} {step_ms:7.1f} ms a step ({self.total_s / dense_s:.2f} of dense), holding"
            f" {self.holding_s / self.total_s:5.1%} of it, decisions {self.overhead:5.1%} of the rest; wall {self.wall_s:.0f} s"
        )


def sessions(data: Dataset, epochs: int, costs: Sequence[str], registry: Registry) -> list[Session]:
    """Dense ones first: in what priced gates train in, and in the other precision."""
    usual = Precision.BFLOAT16 if torch.cpu.get_capabilities().get("amx_bf16", False) else Precision.FLOAT32
    other = Precision.FLOAT32 if usual is Precision.BFLOAT16 else Precision.BFLOAT16
    found = [Session(f"dense, {each}", _trainer(data, epochs, each)) for each in (usual, other)]
    for cost in costs:
        trainer = _trainer(data, epochs, usual)
        priced = costs_of(cost, PRESETS["pynq-8x32"], registry)["latency_ms"]
        task = Task(data.image_shape, 1.0, priced, PRESETS["pynq-8x32"].rows, price=price_of(cost))
        dense_ms = _dense_cost(data, task)
        shaper = METHODS["priced-gates"].make(replace(task, budget=0.5 * dense_ms))
        began = time.process_time()
        shaper.begin(trainer)
        spent = time.process_time() - began
        found.append(Session(f"priced-gates, {cost}, {usual}", trainer, shaper, spent, decisions_s=spent))
    return found


def _dense_cost(data: Dataset, task: Task) -> float:
    """As the task's cost predicts it."""
    shaper = METHODS["dense"].make(task)
    shaper.begin(_trainer(data, 1, Precision.FLOAT32))
    return shaper.dense_cost


def _trainer(data: Dataset, epochs: int, precision: Precision) -> Trainer:
    network = build("resnet8", data.image_shape, data.classes, 0)
    return Trainer(network, data.training, TrainingOptions(epochs=epochs, precision=precision))


def main() -> int:
    """Print a line for each session; 1 where decisions take more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="fashion-mnist")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--costs", nargs="+", default=["expert", "learned:codesign", "surrogate"])
    parser.add_argument("--registry", type=Path, help="where predictors are kept (default: the cache)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    running = sessions(named(options.data, None), options.epochs, options.costs, Registry(options.registry))
    while running[0].trainer.step < running[0].trainer.steps:
        for session in running:
            session.turn()
    for session in running:
        print(session.line(running[0].total_s), flush=True)
    print(f"limit of decisions: {LIMIT:.0%} of the training time")
    return int(any(session.overhead > LIMIT for session in running[2:]))


if __name__ == "__main__":
    sys.exit(main())

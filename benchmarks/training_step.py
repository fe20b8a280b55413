"""What a training step costs when freed memory is kept for the next one, and when it is not: `python -m benchmarks.training_step [--turns N]`.

ResNet-8 on Fashion-MNIST, batches of 128 images, one thread, bfloat16 where the processor has it. Processes with and without take turns, so that a busy machine
weighs on both alike. Figures are processor time and page faults of a step.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from contextlib import suppress

import torch

from contracts.errors import CancelledError
from mlservice.datasets import named
from mlservice.networks import build
from mlservice.training import Precision, Trainer, TrainingOptions
from mlservice.training.allocation import keep_freed_memory

_WARM_STEPS = 5
_STEPS = 60


def main() -> None:
    """Measure both, and print them with their ratio."""
    parser = argparse.ArgumentParser(description="a training step with and without kept memory")
    parser.add_argument("--turns", type=int, default=5, help="processes of each kind (default: %(default)s)")
    parser.add_argument("--one", choices=("kept", "given-back"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_one(options.one == "kept")))
        return
    found: dict[str, list[tuple[float, float]]] = {"given-back": [], "kept": []}
    for _ in range(options.turns):
        for kind, figures in found.items():
            command = [sys.executable, "-m", "benchmarks.training_step", "--one", kind]
            figures.append(
                tuple(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            )
    times = {kind: statistics.median(seconds for seconds, _ in figures) for kind, figures in found.items()}
    for kind, figures in found.items():
        faults = statistics.median(faults for _, faults in figures)
        print(f"freed memory {kind}: {1000 * times[kind]:.1f} ms of processor time, {faults:.0f} page faults a step")
    print(f"kept / given back: {times['kept'] / times['given-back']:.2f}")


def _one(kept: bool) -> tuple[float, float]:
    """Processor seconds and page faults of a step."""
    if kept:
        keep_freed_memory()
    torch.set_num_threads(1)
    data = named("fashion-mnist", None)
    network = build("resnet8", data.image_shape, data.classes, 0)
    trainer = Trainer(network, data.training, TrainingOptions(epochs=1, precision=Precision.AUTO))
    _run(trainer, _WARM_STEPS)
    before = resource.getrusage(resource.RUSAGE_SELF)
    _run(trainer, _STEPS)
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds / _STEPS, (after.ru_minflt - before.ru_minflt) / _STEPS


def _run(trainer: Trainer, steps: int) -> None:
    end = trainer.step + steps
    with suppress(CancelledError):  # the steps are done
        trainer.run(cancelled=lambda: trainer.step >= end)


if __name__ == "__main__":
    main()

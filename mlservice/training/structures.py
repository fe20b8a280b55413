"""Many structures trained side by side, each by one thread; every result is a file of its own, and nothing is trained twice."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import torch

from contracts.dataset import DONE, FAILED
from contracts.errors import InputError, NetworkError, ToolError
from contracts.structure import Structure
from contracts.training import IMAGE_DATA, TrainingPlan
from mlservice.datasets import Dataset, Split, named
from mlservice.networks.structured import module_of
from mlservice.training.allocation import keep_freed_memory
from mlservice.training.evaluate import judge
from mlservice.training.options import Progress, TrainingOptions
from mlservice.training.trainer import Trainer

Result = dict[str, Any]
"""Columns of `contracts.training.TRAINING_COLUMNS`; curves as lists."""


@dataclass(frozen=True)
class Trained:
    """How far a run is: `done` of `networks`, those from before included, and the seconds that are left, where known."""

    done: int
    networks: int
    seconds_left: float | None


def train_structures(
    structures: Sequence[Structure],
    plan: TrainingPlan,
    folder: Path,
    workers: int = 1,
    report: Callable[[Trained], None] = lambda _: None,
) -> list[Result]:
    """Train what of some structures is not there yet; `KEY.json` in the folder is there when it is reported.

    A kill costs at most the networks in training.

    Returns:
        The results of all structures, in their order.

    Raises:
        InputError: a structure does not fit the data, the data set is not to be had, or the folder cannot be written.
        ToolError: a worker died.
    """
    for structure in structures:
        _check(structure, plan)
    keys = {plan.key(structure.digest): structure for structure in structures}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder {folder} cannot be written: {error.strerror}") from error
    left = [structure for key, structure in keys.items() if not (folder / f"{key}.json").is_file()]
    began, before = time.monotonic(), len(keys) - len(left)
    for number, result in enumerate(_trained(left, plan, workers), 1):
        _keep(result, folder)
        rate = (time.monotonic() - began) / number
        report(Trained(before + number, len(keys), rate * (len(left) - number)))
    return [json.loads((folder / f"{plan.key(x.digest)}.json").read_text()) for x in structures]


def _check(structure: Structure, plan: TrainingPlan) -> None:
    data = IMAGE_DATA[plan.data]
    if not data.fits(structure):
        last = structure.layers[-1]
        raise InputError(
            f"structure {structure.name!r} reads {structure.input} and ends in {last.operator} {last.name!r} with {last.filters}"
            f" outputs; {plan.data} has images {data.shape} of {data.classes} classes"
        )


def _keep(result: Result, folder: Path) -> None:
    path = folder / f"{result['training']}.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(result))
    new.rename(path)


def _trained(structures: Sequence[Structure], plan: TrainingPlan, workers: int) -> Iterator[Result]:
    """Results as they come."""
    if not structures:
        return
    os.environ["OMP_WAIT_POLICY"] = "passive"  # workers inherit it: idle threads leave the processor to the others
    pool = ProcessPoolExecutor(min(workers, len(structures)), mp_context=get_context("spawn"), initializer=_start)
    try:
        futures: list[Future[Result]] = [pool.submit(train_one, x.to_json(), plan) for x in structures]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise ToolError("a process that trained died (out of memory?); the same command goes on from there") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start() -> None:
    """A worker computes by one thread, leaves interrupts to the process that started it, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    keep_freed_memory()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@lru_cache(maxsize=1)
def _data(name: str) -> tuple[Dataset, str]:
    """The data set and its digest, read once by each worker."""
    found = named(name)
    return found, found.digest()


def train_one(spec: str, plan: TrainingPlan) -> Result:
    """Train one structure from its compact form, and judge it after every epoch and at the end."""
    structure = Structure.from_json(spec)
    dataset, digest = _data(plan.data)
    about = {"training": plan.key(structure.digest), "structure": structure.digest, "spec": spec, **asdict(plan)}
    about |= {"data_digest": digest, "torch": torch.__version__}
    began = time.perf_counter()
    try:
        found = _curves(structure, dataset, plan)
    except (InputError, NetworkError) as error:
        return {**about, "status": FAILED, "reason": str(error)}
    return {**about, **found, "status": DONE, "seconds": round(time.perf_counter() - began, 3)}


def _last(split: Split, count: int) -> Split:
    return Split(split.pixels[-count:], split.labels[-count:])


def _curves(structure: Structure, dataset: Dataset, plan: TrainingPlan) -> Result:
    options = TrainingOptions(
        epochs=plan.epochs,
        batch_images=plan.batch_images,
        peak_learning_rate=plan.peak_learning_rate,
        seed=plan.seed,
        flips=IMAGE_DATA[plan.data].flips,
    )
    network = module_of(structure, plan.seed)
    trainer = Trainer(network, dataset.training.first(plan.images), options)
    held = _last(dataset.training, plan.held_back)
    losses: list[float] = []
    found: Result = {"loss_curve": [], "accuracy_curve": [], "training_loss_curve": []}

    def after_step(progress: Progress) -> None:
        losses.append(progress.loss)
        if progress.step % trainer.steps_of_epoch == 0:
            loss, accuracy = judge(network, held)
            found["loss_curve"].append(round(loss, 5))
            found["accuracy_curve"].append(round(accuracy, 5))
            found["training_loss_curve"].append(round(sum(losses) / len(losses), 5))
            losses.clear()
            network.train()

    trainer.run(report=after_step)
    return {**found, "accuracy": judge(network, dataset.test)[1]}

"""The verbs about training sessions."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from proprunn.cli import show
from proprunn.client import Client
from proprunn.jobs import Job

_SESSION: Final = ("network", "data", "training_images", "epochs", "batch_images", "seed")
_MORE: Final = ("peak_learning_rate", "precision", "validation_share", "name")
_BUDGET: Final = ("accelerator", "method", "latency_ms", "energy_mj", "cost", "dense")


def arguments(verb: Any) -> None:
    """Of `proprunn train` and its siblings."""
    train = verb("train", "train a network; it becomes a version of a network of the project")
    prune = verb("prune", "train a network that shapes itself within a budget, and measure it on the RTL")
    reachable = verb("reachable", "what the least network, half of the channels and all of them cost")
    verb("training", "networks, data and methods that there are")
    pareto = verb("pareto", "sweep methods, budgets and seeds: the front, hypervolumes, spreads")
    pareto.add_argument("--methods", nargs="+", required=True, metavar="METHOD", help="`training` lists all")
    pareto.add_argument("--shares", nargs="+", type=float, metavar="X", help="of the dense network's latency")
    pareto.add_argument("--budgets-ms", nargs="+", type=float, metavar="X", help="in place of --shares")
    pareto.add_argument("--budgets-mj", nargs="+", type=float, metavar="X", help="energies, in place of either")
    pareto.add_argument("--seeds", nargs="+", type=int, default=[0], metavar="SEED", help="0 unless given")
    pareto.add_argument("--side-by-side", type=int, help="runs at a time, one thread each; 1 unless given")
    for found in (train, prune, reachable, pareto):
        found.add_argument("--project", required=True, help="name or id")
        found.add_argument("--network", help="such as resnet8; `training` lists all")
        found.add_argument("--data", help="such as fashion-mnist, or the id of a data file for training")
    for found in (prune, reachable, pareto):
        found.add_argument("--accelerator", help="a preset's name, or an id; pynq-8x32 unless given")
        found.add_argument("--cost", help="who foretells costs: expert unless given; `training` lists all")
    for found in (train, prune, pareto):
        _session(found)
    for found in (train, prune):
        found.add_argument("--seed", type=int, help="of weights, order, flips and the validation split; 0 unless given")
    prune.add_argument("--latency-ms", type=float, help="of one image on the RTL, at most")
    prune.add_argument("--energy-mj", type=float, help="of one image, at most; beside or instead of --latency-ms")
    prune.add_argument("--method", help="priced-gates unless given; `training` lists all")
    prune.add_argument("--dense", metavar="JOB", help="that trained the dense network: stated beside, and parent")


def _session(found: ArgumentParser) -> None:
    found.add_argument("--training-images", type=int, help="only the first so many; all unless given")
    found.add_argument("--epochs", type=int, help="passes over the training images; 8 unless given")
    found.add_argument("--batch-images", type=int, help="images of a step; 128 unless given")
    found.add_argument("--peak-learning-rate", type=float, help="0.3 unless given")
    found.add_argument("--precision", choices=["auto", "float32", "bfloat16"])
    found.add_argument("--validation-share", type=float, help="of the training images, to watch by; 0.1 unless given")
    found.add_argument("--name", default="", help="what to call the job")
    found.add_argument("--wait", action="store_true", help="until it is over")


def train(chosen: Namespace, client: Client) -> Job:
    """Submit what the command says."""
    return client.submit_train_job(chosen.project, **_given(chosen, (*_SESSION, *_MORE)))


def prune(chosen: Namespace, client: Client) -> Job:
    """Submit what the command says."""
    return client.submit_prune_job(chosen.project, **_given(chosen, (*_SESSION, *_MORE, *_BUDGET)))


def pareto(chosen: Namespace, client: Client) -> Job:
    """Submit what the command says."""
    names = tuple(name for name in (*_SESSION, *_MORE) if name != "seed")
    more = ("accelerator", "cost", "shares", "budgets_ms", "budgets_mj", "seeds", "side_by_side")
    return client.submit_pareto_job(chosen.project, chosen.methods, **_given(chosen, (*names, *more)))


def _reachable(chosen: Namespace, client: Client) -> bool:
    asked = _given(chosen, ("network", "data", "accelerator", "cost"))
    rows = [asdict(row) for row in client.reachable(chosen.project, **asked)]
    show.table(chosen, rows, ("name", "latency_ms", "energy_mj", "params", "macs", "origin"))
    return True


def _training(chosen: Namespace, client: Client) -> bool:
    found = client.training()
    if chosen.json:
        show.document(chosen, found, "")
        return True
    for what in ("networks", "data", "methods", "costs"):
        print(what)
        show.table(chosen, found[what], ("name", "says"))
    return True


def _given(chosen: Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}


TRAINING_VERBS: Final[Mapping[str, Callable[[Namespace, Client], bool]]] = {
    "reachable": _reachable,
    "training": _training,
}
"""By the verb's words; `train`, `prune` and `pareto` submit jobs, as others do."""

"""What training sessions can be about, and which budgets networks can keep: the learning service knows."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from backend.clients.current import learning_service
from backend.clients.service import ServiceDownError, ServiceRefusedError
from backend.jobs.orders import OrderError, Wish, accelerator_of, data_set_file, data_set_of
from backend.workspace.models import DataFile, Project
from backend.workspace.store import the_store
from contracts.job import JobKind
from contracts.learning import DENSE, OptionError, ReachableOptions

_METRICS: Final = ("latency_ms", "energy_mj")
_ROUNDED_UP: Final = 1.0005
"""Four digits of so many times a figure are never below the figure."""


def reachable_of(project: Project, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a network costs at least, with half of its channels, and as it is.

    Args:
        project: whose data sets and accelerators may be named.
        asked: the fields of `ReachableOptions`.

    Raises:
        OrderError: something is unknown or not valid.
        ServiceDownError: the learning service is away.
    """
    values = dict(asked)
    values["accelerator"] = asdict(accelerator_of(project, values.get("accelerator")))
    data = data_set_of(project, values.get("data"))
    if data is not None:
        values["data"] = data.artifact_id
        _introduce(data)
    try:
        return learning_service().reachable(ReachableOptions.from_mapping(values).to_mapping())
    except OptionError as error:
        raise OrderError(error.field, error.value, str(error), error.fix) from error
    except ServiceRefusedError as error:
        name = error.field.rpartition(".")[2] or "network"
        raise OrderError(name, values.get(name), str(error)) from error


def _introduce(data: DataFile) -> None:
    """Have the learning service know a data set."""
    file = data_set_file(data.artifact_id)
    read = partial(the_store().read, data.artifact_id)
    try:
        learning_service().ensure(file["kind"], data.artifact_id, read, file["query"])
    except ServiceRefusedError as error:
        raise OrderError("data", data.pk, f"{data.name} is nothing to train on: {error}") from error


def check_budget(project: Project, wish: Wish) -> None:
    """Refuse what the service would refuse, where it can be asked now; else it says so when the job's turn comes.

    Raises:
        OrderError: a name that there is not, a network that cannot be pruned, or a budget below the least.
    """
    budgets = {metric: wish.options[metric] for metric in _METRICS if wish.options.get(metric) is not None}
    if wish.kind is not JobKind.PRUNE or not budgets or wish.options.get("method") == DENSE:
        return
    asked = {name: wish.options[name] for name in ("network", "data", "cost") if name in wish.options}
    try:
        least = reachable_of(project, {**asked, "accelerator": wish.accelerator})["items"][0]
    except ServiceDownError:
        return
    for metric, budget in budgets.items():
        if budget < least[metric]:
            enough = f"{_ROUNDED_UP * least[metric]:.4g}"
            detail = f"{metric} {budget:.4g} is below the least that is reachable, {enough}"
            raise OrderError(metric, budget, detail, f"give at least {enough}")

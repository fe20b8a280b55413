"""What training sessions can be about, and which budgets networks can keep: the learning service knows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from backend.clients.current import learning_service
from backend.clients.service import JobUnknownError, ServiceDownError, ServiceRefusedError
from backend.jobs.orders import OrderError, Wish, accelerator_of, data_set_file, data_set_of, order
from backend.workspace.models import DataFile, Project
from backend.workspace.store import the_store
from contracts.job import JobKind
from contracts.learning import DENSE, OptionError, ReachableOptions

_BUDGETS: Final[Mapping[JobKind, Mapping[str, tuple[str, bool]]]] = {
    JobKind.PRUNE: {"latency_ms": ("latency_ms", False), "energy_mj": ("energy_mj", False)},
    JobKind.PARETO: {
        "shares": ("latency_ms", True),
        "budgets_ms": ("latency_ms", False),
        "budgets_mj": ("energy_mj", False),
    },
}
"""Options that name budgets: the metric, and whether it is a part of what the dense network takes."""
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
        raise OrderError(error.field, error.value, error.detail, error.fix) from error
    except ServiceRefusedError as error:
        raise _refused(error, values) from error


def _refused(error: ServiceRefusedError, values: Mapping[str, Any]) -> OrderError:
    name = error.field.rpartition(".")[2] or "network"
    return OrderError(name, values.get(name), str(error), error.fix)


def _introduce(data: DataFile) -> None:
    """Have the learning service know a data set."""
    file = data_set_file(data.artifact_id)
    read = partial(the_store().read, data.artifact_id)
    try:
        learning_service().ensure(file["kind"], data.artifact_id, read, file["query"])
    except ServiceRefusedError as error:
        raise OrderError("data", data.pk, f"{data.name} is nothing to train on: {error}") from error


@dataclass(frozen=True)
class _Budget:
    """A budget that is asked for, and where."""

    field: str
    metric: str
    amount: float
    of_dense: bool

    def check(self, least: Mapping[str, Any], dense: Mapping[str, Any]) -> None:
        """Refuse it where it is below the least."""
        reached = least[self.metric] / dense[self.metric] if self.of_dense else least[self.metric]
        if self.amount >= reached:
            return
        enough = f"{_ROUNDED_UP * reached:.4g}"
        part = f" of the dense network's {self.metric}" if self.of_dense else ""
        detail = f"{self.field} {self.amount:.4g}{part} is below the least that is reachable, {enough}"
        raise OrderError(self.field, self.amount, detail, f"give at least {enough}")


def check_session(project: Project, wish: Wish) -> None:
    """Refuse what the service would refuse, where it can be asked now; else it says so when the job's turn comes.

    Raises:
        OrderError: an option that is not valid, a name that there is not, a network that takes no such images or cannot be pruned, or a
            budget below the least.
    """
    found = order(project, wish)
    try:
        for file in found.files:
            learning_service().ensure(
                file["kind"], file["digest"], partial(the_store().read, file["digest"]), file["query"]
            )
        learning_service().check(found.body)
        _check_budgets(project, wish)
    except ServiceRefusedError as error:
        raise _refused(error, wish.options) from error
    except (ServiceDownError, JobUnknownError):
        return


def _check_budgets(project: Project, wish: Wish) -> None:
    budgets = _budgets_of(wish)
    if not budgets:
        return
    asked = {name: wish.options[name] for name in ("network", "data", "cost") if name in wish.options}
    rows = reachable_of(project, {**asked, "accelerator": wish.accelerator})["items"]
    for budget in budgets:
        budget.check(rows[0], rows[-1])


def _budgets_of(wish: Wish) -> list[_Budget]:
    """All that are to be kept; the dense method keeps none."""
    if wish.options.get("method") == DENSE or set(wish.options.get("methods", ())) == {DENSE}:
        return []
    found = []
    for name, (metric, of_dense) in _BUDGETS.get(wish.kind, {}).items():
        given = wish.options.get(name)
        amounts = given if isinstance(given, list | tuple) else [] if given is None else [given]
        found += [_Budget(name, metric, amount, of_dense) for amount in amounts]
    return found

"""What the co-design benchmark must reach, against what its results say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mlservice.pareto.codesign import (
    BASELINES,
    COMMON,
    EIGHTH,
    FRUGAL,
    LEARNED,
    MACS,
    METHOD,
    REPEATED,
    SHORTEST,
    cost_of,
)
from mlservice.pareto.results import Result
from mlservice.pareto.runs import Budget, Run, Setting
from mlservice.pareto.summary import Cell, Spread, Summary, keeps, kept, label_of

FLOOR: Final = 0.85
"""Accuracy from which hypervolumes count."""
OWN: Final = label_of(Run(Setting(), METHOD, cost=LEARNED))
RIVALS: Final = tuple(label_of(Run(Setting(), method, cost=cost_of(method))) for method in (*BASELINES, MACS))
_MOST_LOST_POINTS: Final = ((REPEATED[0], 0.2), (REPEATED[1], 0.5), (EIGHTH, 1.5))
_LEAST_AT_SHORTEST: Final = 90.5
_TIMES_LESS_ENERGY: Final = 5.0
_MOST_LOST_FRUGAL_POINTS: Final = 1.0
_MOST_ONNX_DIFFERENCE: Final = 1e-4


@dataclass(frozen=True)
class Reached:
    """One line: what it is about, what must be, what was found, and whether that is enough (none: results are missing)."""

    what: str
    must: str
    found: str
    good: bool | None


def lines(results: Sequence[Result]) -> list[Reached]:
    """Of all results of the benchmark; ResNet-20's count for budgets and exactness."""
    own = [result for result in results if result.run.setting.network == Setting().network]
    found = [_budgets(results), _exactness(results)]
    if not own:
        return found
    summary = Summary.of(own, floor=FLOOR)
    cells = {(cell.label, cell.budget): cell for cell in summary.cells()}
    found += [_loss(cells.get((OWN, budget)), budget, most) for budget, most in _MOST_LOST_POINTS]
    found += [_volume(summary, REPEATED), _volume(summary, COMMON)]
    found += _never_worse(cells)
    return [*found, _shortest(cells.get((OWN, SHORTEST))), _frugal(cells.get((METHOD, FRUGAL)))]


def told(spread: Spread | None, factor: float = 1.0, digits: int = 2) -> str:
    """Mean and standard deviation, as tables have them."""
    if spread is None:
        return "–"  # noqa: RUF001  # a dash stands for nothing
    mean = f"{factor * spread.mean:.{digits}f}"
    return mean if spread.deviation is None else f"{mean} ± {factor * spread.deviation:.{digits}f}"


def _at_least(points: float, limit: float) -> bool:
    """Accuracies are counts of images: what lies below by rounding of binary fractions alone is not below."""
    return points >= limit - 1e-9


def _budgets(results: Sequence[Result]) -> Reached:
    bound = [result for result in results if result.run.budget is not None]
    ratios = [ratio for result in bound if (ratio := kept(result)) is not None]
    wrong = [result.run.name for result in bound if not keeps(result)]
    return Reached(
        "budget kept: measured on the RTL / budget, every run",
        "0.95 to 1.02",
        f"{min(ratios):.3f} to {max(ratios):.3f} in {len(bound)} runs" + "".join(f"; not `{name}`" for name in wrong)
        if ratios
        else "",
        not wrong if ratios else None,
    )


def _exactness(results: Sequence[Result]) -> Reached:
    stated = [result.answer for result in results if "onnx_max_difference" in result.answer]
    wrong = [answer for answer in stated if not answer["onnx_top1_equal"]]
    most = max((float(answer["onnx_max_difference"]) for answer in stated), default=0.0)
    return Reached(
        "exported ONNX against the masked network, all test images",
        "logits within 1e-4, same top-1",
        f"most {most:.1e}; {len(stated) - len(wrong)} of {len(stated)} runs with the same top-1" if stated else "",
        most < _MOST_ONNX_DIFFERENCE and not wrong if stated else None,
    )


def _loss(cell: Cell | None, budget: Budget, most: float) -> Reached:
    against = None if cell is None else cell.against_dense("accuracy_float")
    int8 = None if cell is None else cell.against_dense("accuracy_int8")
    return Reached(
        f"{budget.amount:.3g} of the dense latency: accuracy less dense's, same seed and epochs",
        f"at least −{most} points",  # noqa: RUF001  # a minus
        f"{told(against, 100)} (int8 {told(int8, 100)}), {against.values} seed{'s' * (against.values > 1)}"
        if against
        else "",
        _at_least(100 * against.mean, -most) if against else None,
    )


def _volume(summary: Summary, budgets: Sequence[Budget]) -> Reached:
    volumes = {label: each["accuracy_float"] for label, each in summary.hypervolumes(budgets).items()}
    rivals = {label: volumes[label] for label in RIVALS if label in volumes}
    shares = ", ".join(f"{budget.amount:.3g}" for budget in budgets)
    what = f"hypervolume over {shares} of the dense latency, above {FLOOR:.0%}"
    if OWN not in volumes or not rivals:
        return Reached(what, "more than the best of the others", "", None)
    best = max(rivals, key=lambda label: rivals[label].mean)
    found = f"{told(volumes[OWN])} against {told(rivals[best])} ({best}), {_of_all(len(rivals))}"
    good = volumes[OWN].mean > rivals[best].mean
    return Reached(what, "more than the best of the others", found, _decided(good, len(rivals)))


def _never_worse(cells: dict[tuple[str, Budget | None], Cell]) -> Iterator[Reached]:
    own = [cells[OWN, budget] for budget in REPEATED if (OWN, budget) in cells]
    usual = max((_accuracy(cell).deviation or 0.0 for cell in own), default=0.0)
    for budget in COMMON:
        what = f"{budget.amount:.3g} of the dense latency: against the best of baselines and MACs"
        rivals = [cells[label, budget] for label in RIVALS if (label, budget) in cells]
        mine = cells.get((OWN, budget))
        if mine is None or not rivals:
            yield Reached(what, "not worse by more than the spread", "", None)
            continue
        best = max(rivals, key=lambda cell: _accuracy(cell).mean)
        spread = max(_accuracy(mine).deviation or usual, _accuracy(best).deviation or 0.0)
        found = f"{told(_accuracy(mine), 100)} against {told(_accuracy(best), 100)} % ({best.label}), {_of_all(len(rivals))}"
        good = _accuracy(mine).mean >= _accuracy(best).mean - spread
        yield Reached(what, "not worse by more than the spread", found, _decided(good, len(rivals)))


def _of_all(rivals: int) -> str:
    return f"best of {rivals}" if rivals == len(RIVALS) else f"best of {rivals} that have run, of {len(RIVALS)}"


def _decided(good: bool, rivals: int) -> bool | None:
    """To be better than some of the others decides nothing yet; to be worse than one does."""
    return good if rivals == len(RIVALS) or not good else None


def _accuracy(cell: Cell) -> Spread:
    return cell.of("accuracy_float")


def _shortest(cell: Cell | None) -> Reached:
    accuracy = None if cell is None else cell.of("accuracy_float")
    latency = None if cell is None else cell.of("measured_latency_ms")
    return Reached(
        f"{SHORTEST.amount} ms",
        f"at least {_LEAST_AT_SHORTEST} %",
        f"{told(accuracy, 100)} % in {told(latency, 1, 4)} ms" if accuracy else "",
        _at_least(100 * accuracy.mean, _LEAST_AT_SHORTEST) if accuracy else None,
    )


def _frugal(cell: Cell | None) -> Reached:
    against = None if cell is None else cell.against_dense("accuracy_float")
    what, must = (
        "energy",
        f"at least {_TIMES_LESS_ENERGY:g} times below dense, at most {_MOST_LOST_FRUGAL_POINTS:g} point down",
    )
    if cell is None or against is None:
        return Reached(what, must, "", None)
    times = cell.over_seeds(
        lambda result: cell.dense[result.run.seed].answer["measured_energy_mj"] / result.answer["measured_energy_mj"]
    )
    good = times.mean >= _TIMES_LESS_ENERGY and _at_least(100 * against.mean, -_MOST_LOST_FRUGAL_POINTS)
    return Reached(what, must, f"{told(times)} times, {told(against, 100)} points", good)

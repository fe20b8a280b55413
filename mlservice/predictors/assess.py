"""All that is to be known of a predictor and its data set: other kinds beside it, its own predictions, how it learns, what it goes by."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.dataset import SPLITS
from contracts.errors import InputError
from mlservice.predictors.boosted import Boosted
from mlservice.predictors.curves import learning_curve
from mlservice.predictors.evaluate import Wish, evaluate, judged, splits_in
from mlservice.predictors.explain import explain
from mlservice.predictors.fit import Trained
from mlservice.predictors.kinds import USUAL, kinds_for
from mlservice.predictors.registry import Card
from mlservice.predictors.rows import Rows

Tell = Callable[[str, float, str], None]
"""The phase, what is done of it (0 to 1), and of what."""
PHASES: Final = ("compare", "curve", "explain")
_DIGITS: Final = 6


@dataclass(frozen=True)
class Extent:
    """How much is looked at.

    Attributes:
        compare: kinds that are fitted to the training part of every split, beside the predictor's own; none compares nothing.
        curve: whether the predictor's kind is fitted to ever more simulations.
    """

    compare: tuple[str, ...] = USUAL
    curve: bool = True


def assess(rows: Rows, found: tuple[Trained, Card], extent: Extent, tell: Tell) -> dict[str, Any]:
    """A document for pages and programs; `docs/predictors.md` describes its fields.

    Args:
        rows: the data set that the predictor was fitted to a part of.
        found: the predictor.
        extent: how much of all that.
        tell: hears how far it is.
    """
    trained, card = found
    compared, left = _compare(rows, card, extent, tell) if extent.compare else ([], [])
    has_split = card.split in SPLITS
    tell("curve", 0.0, "")
    curve = _curve(rows, card, tell) if extent.curve and has_split else []
    tell("explain", 0.0, "")
    return {
        "target": card.target.value,
        "unit": card.target.unit,
        "data_digest": card.data_digest,
        "rows": len(rows),
        "split": card.split,
        "kind": card.kind,
        "compared": compared,
        "left": left,
        "points": _points(rows, trained, card) if has_split else None,
        "curve": curve,
        "explanation": _explained(rows, trained),
    }


def _compare(rows: Rows, card: Card, extent: Extent, tell: Tell) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Every kind on every split that the data set has; and those that cannot be fitted, with the reason."""
    kinds = [kind for kind in kinds_for(card.target) if kind in extent.compare or kind == card.kind]
    steps = [(split, kind) for split in splits_in(rows, SPLITS) for kind in kinds]
    compared, left = [], []
    for number, (split, kind) in enumerate(steps):
        tell("compare", number / len(steps), f"{kind} on the split {split}")
        try:
            (one,) = evaluate(rows, Wish((split,), (kind,), (card.target,), card.seed))
        except InputError as error:
            left.append({"split": split, "kind": kind, "reason": str(error)})
        else:
            compared.append(one.to_mapping())
    return compared, left


def _curve(rows: Rows, card: Card, tell: Tell) -> list[dict[str, Any]]:
    kinds = tuple(dict.fromkeys((card.kind, kinds_for(card.target)[0])))
    found = []
    for point in learning_curve(rows, card.split, kinds, card.target, seed=card.seed):
        found.append(_short(point))
        tell("curve", point["simulations"] / len(rows), f"{point['name']} on {point['simulations']} simulations")
    return found


def _points(rows: Rows, trained: Trained, card: Card) -> dict[str, list[Any]]:
    _, test = rows.split(card.split)
    return {name: [_rounded(v) for v in values] for name, values in judged(trained, test).points.items()}


def _explained(rows: Rows, trained: Trained) -> dict[str, Any] | None:
    if not isinstance(trained.predictor, Boosted):
        return None
    found = explain(trained.predictor, rows.batch)
    return {
        "per_pass": trained.predictor.form.per_pass,
        "importances": _short(found.importances),
        "shap": _all_short(found.shap),
        "values": _all_short(found.values),
    }


def _all_short(columns: Mapping[str, Iterable[float]]) -> dict[str, list[Any]]:
    return {name: [_rounded(v) for v in values] for name, values in columns.items()}


def _short(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _rounded(value) for name, value in values.items()}


def _rounded(value: Any) -> Any:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value

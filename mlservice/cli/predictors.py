"""`python -m mlservice predictors …`: train, evaluate, predict, list and what else one asks of predictors."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from contracts.accelerator import DEFAULT_ACCELERATOR
from contracts.dataset import SPLITS
from contracts.errors import InputError
from mlservice.cli.subject import accelerator_of
from mlservice.predictors.kinds import KINDS, kinds_for
from mlservice.predictors.targets import FITTED, LEARNED, Target
from servicekit.commands import Command

_PLAIN: Final = Console(width=None if sys.stdout.isatty() else 140)


def _data(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="a data set as a campaign writes it: networks.parquet"
    )
    _common(parser)


def _common(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--registry", type=Path, metavar="DIR", help="where predictors are kept (default: the cache)")


def _train_arguments(parser: ArgumentParser) -> None:
    _data(parser)
    parser.add_argument("--name", help="what it is called (default: KIND-TARGET)")
    parser.add_argument("--kind", choices=KINDS, help="default: hybrid; network, of accuracy")
    parser.add_argument("--target", choices=[t.value for t in LEARNED], default="latency", help="default: %(default)s")
    parser.add_argument(
        "--split",
        choices=[*SPLITS, "all"],
        default="random",
        help="fit to its training part and score on the other; all: fit to everything (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")


def _train(options: Namespace) -> int:
    from mlservice.predictors.registry import Registry  # noqa: PLC0415  # learning libraries cost seconds
    from mlservice.predictors.rows import load  # noqa: PLC0415  # as above
    from mlservice.predictors.train import TrainWish, train  # noqa: PLC0415  # as above

    target = Target(options.target)
    kind = options.kind or _usual_kind(target)
    wish = TrainWish(options.name or f"{kind}-{target}", kind, target, options.split, options.seed)
    card = train(load(options.data, target), wish, Registry(options.registry))
    if options.json:
        print(json.dumps(card.to_mapping()))
        return 0
    _PLAIN.print(f"{card.name}@{card.version}: {card.kind} of {card.target} on {card.rows} networks", highlight=False)
    if card.scores:
        _show([{"split": card.split, "target": card.target.value, "kind": card.kind, **card.scores["all"]}])
    return 0


def _evaluate_arguments(parser: ArgumentParser) -> None:
    _data(parser)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, metavar="KIND", help="default: all")
    parser.add_argument(
        "--splits", nargs="+", choices=SPLITS, default=list(SPLITS), metavar="SPLIT", help="default: all"
    )
    parser.add_argument(
        "--targets",
        nargs="+",
        choices=[t.value for t in LEARNED],
        default=[t.value for t in FITTED],
        metavar="TARGET",
        help="default: latency and energy; accuracy goes by itself",
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write scores and plots there")


def _evaluate(options: Namespace) -> int:
    from mlservice.predictors.evaluate import Wish, evaluate, leaderboard, splits_in  # noqa: PLC0415  # as above
    from mlservice.predictors.rows import load  # noqa: PLC0415  # as above

    targets = tuple(map(Target, options.targets))
    if Target.ACCURACY in targets and len(targets) > 1:
        raise InputError(
            "--targets: accuracy is learned from other rows than latency and energy; evaluate it by itself"
        )
    rows = load(options.data, targets[0])
    kinds = tuple(options.kinds or kinds_for(targets[0]))
    wish = Wish(splits_in(rows, options.splits), kinds, targets, options.seed)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        found = list(evaluate(rows, wish, lambda share, what: bar.update(task, completed=share, description=what)))
    result = {
        "data_digest": rows.digest,
        "rows": len(rows),
        "leaderboard": leaderboard(found),
        "judged": [judged.to_mapping() for judged in found],
    }
    if options.out is not None:
        from mlservice.predictors.plots import write_report  # noqa: PLC0415  # as above

        write_report(options.out, result, found)
    if options.json:
        print(json.dumps(result))
    else:
        _show(leaderboard(found))
    return 0


_SHOWN: Final = {"mape": "MAPE %", "within_1": "≤1 %", "within_5": "≤5 %", "within_10": "≤10 %", "kendall": "Kendall",
                 "spearman": "Spearman", "coverage": "covered", "worst": "worst %"}  # fmt: skip


def _show(lines: list[dict[str, Any]]) -> None:
    table = Table("split", "target", "kind", "rows", *_SHOWN.values())
    for line in lines:
        shown = ("-" if line[name] is None else f"{line[name]:.3f}" for name in _SHOWN)
        table.add_row(line["split"], line["target"], line["kind"], str(line["rows"]), *shown)
    _PLAIN.print(table)


def _predict_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("predictor", metavar="NAME[@VERSION]", help="a trained predictor")
    parser.add_argument("structures", nargs="+", type=Path, metavar="STRUCTURE.json", help="networks without weights")
    parser.add_argument(
        "--accelerator", default=DEFAULT_ACCELERATOR, metavar="NAME|FILE.json", help="default: %(default)s"
    )
    parser.add_argument("--target", choices=[t.value for t in Target], help="default: what it was fitted to")
    _common(parser)


def _predict(options: Namespace) -> int:
    from contracts.structure import Structure  # noqa: PLC0415  # as above
    from mlservice.predictors.batch import Batch, Query  # noqa: PLC0415  # as above
    from mlservice.predictors.registry import Registry  # noqa: PLC0415  # as above

    trained, card = Registry(options.registry).find(options.predictor)
    accelerator = accelerator_of(options.accelerator)
    queries = [Query(Structure.from_json(_text(path), path.stem), accelerator) for path in options.structures]
    found = trained.predict(Batch.for_target(card.target, queries), Target(options.target) if options.target else None)
    lines = [
        {"structure": str(path), "value": v, "low": low, "high": high, "outside": bool(out)}
        for path, v, low, high, out in zip(
            options.structures, found.values, found.low, found.high, found.outside, strict=True
        )
    ]
    if options.json:
        about = {"predictor": f"{card.name}@{card.version}", "target": found.target.value, "unit": found.target.unit}
        print(json.dumps({**about, "microseconds": found.microseconds, "predictions": lines}))
        return 0
    for line in lines:
        warning = "  (unlike what it was trained on)" if line["outside"] else ""
        unit = found.target.unit
        _PLAIN.print(
            f"{line['structure']}: {line['value']:.6g} {unit}  [{line['low']:.6g}, {line['high']:.6g}]{warning}",
            highlight=False,
        )
    return 0


def _curve_arguments(parser: ArgumentParser) -> None:
    _data(parser)
    parser.add_argument("--split", choices=SPLITS, default="random", help="default: %(default)s")
    parser.add_argument("--target", choices=[t.value for t in LEARNED], default="latency", help="default: %(default)s")
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, metavar="KIND", help="default: hybrid; network, of accuracy"
    )
    parser.add_argument("--active", action="store_true", help="compare choosing the next networks with drawing them")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE.html", help="write the plot there")


def _curve(options: Namespace) -> int:
    from mlservice.predictors.curves import active_curve, learning_curve  # noqa: PLC0415  # as above
    from mlservice.predictors.plots import curve_figure, write_page  # noqa: PLC0415  # as above
    from mlservice.predictors.rows import load  # noqa: PLC0415  # as above

    target = Target(options.target)
    rows, kinds = load(options.data, target), options.kinds or [_usual_kind(target)]
    if options.active and target is Target.ACCURACY:
        raise InputError("--active chooses networks to simulate; accuracy is not simulated")
    points = list(
        active_curve(rows, options.split, target, seed=options.seed)
        if options.active
        else learning_curve(rows, options.split, kinds, target, seed=options.seed)
    )
    if options.out is not None:
        write_page(options.out, "How many simulations are enough", {"curve": curve_figure(points)})
    if options.json:
        print(json.dumps({"data_digest": rows.digest, "split": options.split, "curve": points}))
        return 0
    table = Table("", "simulations", "MAPE %", "Kendall", "worst %")
    for point in points:
        kendall = "-" if point["kendall"] is None else f"{point['kendall']:.3f}"
        table.add_row(
            point["name"], str(point["simulations"]), f"{point['mape']:.3f}", kendall, f"{point['worst']:.2f}"
        )
    _PLAIN.print(table)
    return 0


def _explain_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("predictor", metavar="NAME[@VERSION]", help="a trained predictor")
    _data(parser)
    parser.add_argument("--out", type=Path, metavar="FILE.html", help="write plots of importance and SHAP values there")


def _explain(options: Namespace) -> int:
    from mlservice.predictors.explain import explain  # noqa: PLC0415  # as above
    from mlservice.predictors.plots import importance_figure, shap_figure, write_page  # noqa: PLC0415  # as above
    from mlservice.predictors.registry import Registry  # noqa: PLC0415  # as above
    from mlservice.predictors.rows import load  # noqa: PLC0415  # as above

    trained, card = Registry(options.registry).find(options.predictor)
    found = explain(trained.predictor, load(options.data, card.target).batch)
    if options.out is not None:
        figures = {"importance": importance_figure(found.importances), "shap": shap_figure(found.shap, found.values)}
        write_page(options.out, f"Why {card.name}@{card.version} says what it says", figures)
    if options.json:
        print(json.dumps({"importances": found.importances, "shap": found.shap, "values": found.values}))
        return 0
    for name, share in sorted(found.importances.items(), key=lambda pair: -pair[1])[:15]:
        _PLAIN.print(f"{share:6.2f} %  {name}", highlight=False)
    return 0


def _usual_kind(target: Target) -> str:
    return "network" if target is Target.ACCURACY else "hybrid"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _list(options: Namespace) -> int:
    from mlservice.predictors.registry import Registry  # noqa: PLC0415  # as above

    cards = Registry(options.registry).cards()
    if options.json:
        print(json.dumps({"predictors": [card.to_mapping() for card in cards]}))
        return 0
    table = Table("predictor", "kind", "target", "networks", "split", "MAPE %", "trained")
    for card in cards:
        mape = f"{card.scores['all']['mape']:.3f}" if card.scores else "-"
        name = f"{card.name}@{card.version}"
        table.add_row(name, card.kind, card.target.value, str(card.rows), card.split, mape, card.created)
    _PLAIN.print(table)
    return 0


COMMANDS: Final = (
    Command("train", "fit a predictor to a data set and keep it", _train_arguments, _train),
    Command("evaluate", "judge all kinds of predictors side by side", _evaluate_arguments, _evaluate),
    Command("predict", "ask a trained predictor", _predict_arguments, _predict),
    Command("curve", "how many simulations are enough", _curve_arguments, _curve),
    Command("explain", "which features a predictor goes by", _explain_arguments, _explain),
    Command("list", "trained predictors and their scores", _common, _list),
)

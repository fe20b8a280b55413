"""A change of one method's code makes its own runs obsolete, and no others."""

import shutil
from pathlib import Path

import pytest

import mlservice
from contracts.errors import InputError
from mlservice.pareto import sources
from mlservice.training.methods.catalogue import METHODS


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources, to be changed."""
    copy = tmp_path / "mlservice"
    shutil.copytree(Path(mlservice.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sources, "_PACKAGE", copy)
    return copy


def changed_by(package: Path, file: str, old: str, new: str) -> set[str]:
    before = {name: sources.digest_of(name, "expert") for name in METHODS}
    path = package / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return {name for name in METHODS if sources.digest_of(name, "expert") != before[name]}


GATED = {name for name in METHODS if name.startswith("priced")}


def test_code_counts_for_the_methods_that_reach_it(package: Path) -> None:
    assert (
        changed_by(package, "training/methods/priced_gates.py", "class PricedGates:", "class PricedGates(object):")
        == GATED
    )
    assert changed_by(package, "pruning/decide.py", "class Decider:", "class Decider(object):") == GATED
    assert changed_by(package, "pruning/search.py", "def refine(", "@print\ndef refine(") == GATED
    assert (
        changed_by(package, "training/trainer.py", "def learning_rate(", "@print\ndef learning_rate(") == METHODS.keys()
    )


def test_what_the_catalogue_says_of_one_method_counts_for_that_one(package: Path) -> None:
    catalogue = "training/methods/catalogue.py"
    assert changed_by(package, catalogue, "_SWD_CUT = 0.8", "_SWD_CUT = 0.7") == {"swd"}
    assert changed_by(package, catalogue, "adds=Adds.SHARED", "adds=Adds.SHARED, every=60") == {"priced-shared"}


def test_what_no_method_reaches_does_not_count(package: Path) -> None:
    assert changed_by(package, "training/evaluate.py", "def accuracy(", "@print\ndef accuracy(") == set()
    assert changed_by(package, "pruning/plan.py", "class Plan:", "class Plan(object):") == set()


def test_words_do_not_count(package: Path) -> None:
    assert changed_by(package, "training/methods/priced_gates.py", '"""Priced gates', '"""Gates with prices') == set()
    assert changed_by(package, "training/methods/catalogue.py", "what there is to lose", "the whole") == set()


def test_what_asks_predictors_counts_where_costs_are_learned(package: Path) -> None:
    before = {cost: sources.digest_of("priced-gates", cost) for cost in ("expert", "learned:mine")}
    path = package / "pruning" / "metrics.py"
    path.write_text(path.read_text().replace("np.exp(", "2 * np.exp(", 1))
    assert sources.digest_of("priced-gates", "expert") == before["expert"]
    assert sources.digest_of("priced-gates", "learned:mine") != before["learned:mine"]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="method is 'magic'; known are priced-gates"):
        sources.digest_of("magic", "expert")

"""`docs/client.md` names everything there is, and nothing that there is not."""

import re
from pathlib import Path

import proprunn
import pytest
from proprunn import Campaign, Client, Job, Predictor, ProPruNNClientError, Run
from proprunn.cli.verbs import VERBS

PAGE = (Path(__file__).parents[2] / "docs/client.md").read_text()
CODE = " ".join(re.findall(r"`([^`\n]+)`", PAGE))


def public(kind: type) -> list[str]:
    return [name for name in vars(kind) if not name.startswith("_")]


@pytest.mark.parametrize(
    "name",
    [f"{kind.__name__.lower()}.{name}" for kind in (Client, Job, Run, Campaign, Predictor) for name in public(kind)],
)
def test_the_page_names_every_method(name: str) -> None:
    assert re.search(rf"\b{re.escape(name)}\b", CODE), f"name `{name}` in docs/client.md"


@pytest.mark.parametrize("verb", VERBS)
def test_the_page_names_every_verb(verb: str) -> None:
    assert f"`proprunn {verb}`" in PAGE


def test_the_page_names_every_error() -> None:
    kinds = [getattr(proprunn, name) for name in proprunn.__all__ if name.endswith("Error")]
    assert [
        kind.__name__ for kind in kinds if kind is not ProPruNNClientError and f"`{kind.__name__}`" not in PAGE
    ] == []


def test_what_the_page_names_is_there() -> None:
    kinds = {"client": Client, "job": Job, "run": Run, "campaign": Campaign, "predictor": Predictor}
    named = set(re.findall(r"\b(client|job|run|campaign|predictor)\.(\w+)", CODE))
    assert {f"{thing}.{name}" for thing, name in named if not hasattr(kinds[thing], name)} == set()
    verbs = set(re.findall(r"`proprunn ([a-z]+(?: [a-z-]+)?)`", PAGE))
    assert verbs == set(VERBS)

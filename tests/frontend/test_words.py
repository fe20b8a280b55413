"""Values and messages as people read them."""

import ast
from pathlib import Path

import pytest

import backend
from frontend.words import MISSING, VERBS, Told, duration_text, number_text, told


def test_a_message_is_told_in_its_parts() -> None:
    assert told("layer 'stem' has stride 3; supported are 1 and 2") == Told(
        "layer 'stem' has stride 3", "layer", "stem", "supported are 1 and 2"
    )
    assert told("the service is away") == Told("the service is away", "", "", "")


def test_of_two_semicolons_the_last_begins_the_fix() -> None:
    assert told("'a' failed; node 'b' too; try c") == Told("'a' failed; node 'b' too", "node", "b", "try c")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567, "1 234 567"), (0.123456, "0.1235"), (None, MISSING), ("", MISSING), (float("nan"), MISSING)],
)
def test_numbers_are_grouped_and_rounded(value: object, text: str) -> None:
    assert number_text(value).replace("\u202f", " ") == text


def test_durations_name_two_units() -> None:
    assert duration_text(3725).replace("\u202f", " ") == "1 h 2 min"


def test_whatever_is_noted_has_words() -> None:
    root = Path(backend.__path__[0])
    calls = [node for path in root.rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    verbs = {
        argument.value
        for call in calls
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("note", "record", "note_of_system")
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant)
    }
    assert verbs
    assert verbs <= set(VERBS)

"""Answers as JSON: what REST framework would write, but for what is no number."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer

from backend.api.rendering import QuickJSON


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ünïcode", "items": [1, 2.5, None, True]},
        {7: "a number as name"},
        [datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)],
        ErrorDetail("a text with a code", "invalid"),
        Decimal("1.50"),
        1 << 70,
        {"nested": {"too large": [1 << 70]}},
    ],
)
def test_values_are_written_as_before(value: object) -> None:
    assert json.loads(QuickJSON().render(value)) == json.loads(JSONRenderer().render(value))


def test_what_is_no_number_is_null() -> None:
    assert QuickJSON().render([float("nan"), float("inf")]) == b"[null,null]"


def test_nothing_is_written_of_nothing() -> None:
    assert QuickJSON().render(None) == b""

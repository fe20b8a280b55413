"""What inputs accept, in words, and whether JSON is of the type that they accept."""

from collections.abc import Callable
from typing import Any, Final

from rest_framework import serializers

_JSON: Final[tuple[tuple[type[Any], tuple[type, ...], str], ...]] = (
    (serializers.BooleanField, (bool,), "true or false"),
    (serializers.IntegerField, (int,), "a whole number"),
    (serializers.FloatField, (int, float), "a number"),
    (serializers.CharField, (str,), "text"),
    (serializers.ChoiceField, (str,), "text"),
    (serializers.DateTimeField, (str,), "text"),
    (serializers.ListField, (list,), "a list"),
    (serializers.DictField, (dict,), "an object"),
)
_NAMES: Final = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


def wrong_types(field: Any, value: Any) -> list[str] | dict[str, list[str]]:
    """Why a JSON value, or an entry of a list, is not of the type that a field takes; empty where all are, or are null.

    REST framework would take 1 for true, and 5 for "5".
    """
    reason = _wrong_type(field, value)
    if reason is not None:
        return [reason]
    if isinstance(field, serializers.ListField) and value is not None:
        entries = {str(number): _wrong_type(field.child, entry) for number, entry in enumerate(value)}
        return {number: [reason] for number, reason in entries.items() if reason is not None}
    return []


def _wrong_type(field: Any, value: Any) -> str | None:
    if value is None:
        return None
    for kind, types, words in _JSON:
        if not isinstance(field, kind):
            continue
        if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
            return None
        if types == (int,) and isinstance(value, float) and value.is_integer():
            return None
        return f"{_NAMES.get(type(value), 'a number')} where {words} is expected"
    return None


def accepted(field: Any) -> str:
    """What a field accepts, such as `a whole number from 1 to 200`."""
    for kind, words in _WORDS:
        if isinstance(field, kind):
            return words(field)
    words_ = next((words for kind, _, words in _JSON if isinstance(field, kind)), "what the API's description says")
    return f"{words_}{_span(getattr(field, 'min_value', None), getattr(field, 'max_value', None), ' from')}"


def _pattern(field: Any) -> str:
    return next(str(rule.regex.pattern) for rule in field.validators if hasattr(rule, "regex"))


def _span(least: Any, most: Any, word: str = "") -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return f"{word} {least} or more"
    return f"{word} {0 if least is None else least} to {most}"


_WORDS: Final[tuple[tuple[type[Any], Callable[[Any], str]], ...]] = (
    (serializers.ChoiceField, lambda field: f"one of {', '.join(map(str, field.choices))}"),
    (serializers.EmailField, lambda _: "an address such as ann@example.org"),
    (serializers.DateTimeField, lambda _: "a time such as 2026-01-31T12:00:00Z"),
    (serializers.RegexField, lambda field: f"text that fits {_pattern(field)}"),
    (
        serializers.CharField,
        lambda field: f"text of{_span(0 if field.allow_blank else 1, field.max_length)} characters",
    ),
    (
        serializers.ListField,
        lambda field: f"a list of{_span(field.min_length, field.max_length)} entries, each {accepted(field.child)}",
    ),
)
"""The first that fits counts."""

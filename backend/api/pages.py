"""Lists in pages: each goes on after the last row that the caller saw, however the list grows meanwhile."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import CharField, DateTimeField, F, Field, Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from backend.api.forms import Strict
from backend.api.problems import invalid
from backend.prepared import Given, prepared
from backend.workspace.merged import first_of

MOST: Final = 200
M = TypeVar("M", bound=Model)
R = TypeVar("R")


class PageQuery(Strict):
    """Which part of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=50, help_text="How many at most.")
    cursor = serializers.CharField(required=False, max_length=400, help_text="`next` of the page before.")


class NamedQuery(PageQuery):
    """Which part of a list of things with names."""

    search = serializers.CharField(required=False, max_length=100, help_text="Only where the name has this in it.")


def searched(rows: QuerySet[M], query: Mapping[str, Any]) -> QuerySet[M]:
    """Those whose name has in it what a checked `NamedQuery` asks for, in capitals or not."""
    return rows.filter(name__icontains=query["search"]) if "search" in query else rows


@dataclass(frozen=True)
class Part(Generic[R]):
    """Part of a list.

    Attributes:
        following: cursor of the next part, for `next` and `{% pager %}`; None at the end.
    """

    rows: list[R]
    following: str | None


def page(
    rows: QuerySet[M], query: Mapping[str, Any], view: Callable[[M], dict[str, Any]], order: str = "-id"
) -> Response:
    """One page: `{"items": [...], "next": cursor or null}`; the arguments are those of `part`."""
    return answer(part(rows, query, lambda rows: rows, order), view)


def answer(found: Part[R], view: Callable[[R], dict[str, Any]]) -> Response:
    """A part of a list as a page."""
    return Response({"items": [view(row) for row in found.rows], "next": found.following})


@dataclass(frozen=True)
class Wanted(Generic[M]):
    """What `quick_part` looks for.

    Attributes:
        columns: what is loaded.
        conditions: lookups as for `filter`, with texts and times.
    """

    model: type[M]
    columns: tuple[str, ...]
    conditions: Mapping[str, Any]


def part(
    rows: QuerySet[M],
    query: Mapping[str, Any],
    shape: Callable[[QuerySet[M]], QuerySet[M, R]],
    order: str = "-id",
    projects: Sequence[str] | None = None,
) -> Part[R]:
    """Part of a list, from `cursor` on.

    Args:
        shape: what is loaded of each row, such as `lambda rows: rows.select_related("user")`.
        order: a column, with `-` for descending; the id decides between equals. Rows where it is null are left out.
        projects: only rows of these; any where absent.
    """
    cursor, limit = query.get("cursor"), query["limit"]
    last = None if cursor is None else _decode(rows.model, cursor, order)
    found = list(shape(first_of(_ordered(rows, order, last), projects, limit + 1))[: limit + 1])
    return _cut(found, limit, order)


def quick_part(
    wanted: Wanted[M], query: Mapping[str, Any], order: str, projects: Sequence[str]
) -> Part[dict[str, Any]]:
    """As `part`, of plain columns, by a query that is written once; times come as text."""
    limit = query["limit"]
    given = {**wanted.conditions, **{f"project {at}": name for at, name in enumerate(projects)}}
    if "cursor" in query:
        given["last"], given["last id"] = _decode(wanted.model, query["cursor"], order)
    if not projects:
        return Part([], None)

    def written() -> QuerySet[Any, Any]:
        places = {name: Given(name, _field_of(value)) for name, value in given.items()}
        rows = wanted.model._default_manager.filter(**{name: places[name] for name in wanted.conditions})
        rows = _ordered(rows, order, (places["last"], places["last id"]) if "last" in places else None)
        chosen = first_of(rows, [places[f"project {at}"] for at in range(len(projects))], limit + 1)
        return chosen.values_list(*wanted.columns)[: limit + 1]

    made = prepared((wanted.model, wanted.columns, tuple(given), order, limit), written, times_as_text=True)
    return _cut([dict(zip(made.names, row, strict=True)) for row in made.rows(given)], limit, order)


def _field_of(value: Any) -> "Field[Any, Any]":
    return DateTimeField() if isinstance(value, datetime) else CharField()


def _ordered(rows: QuerySet[M], order: str, last: tuple[Any, Any] | None) -> QuerySet[M]:
    """In order, after the last one that the caller saw: its value and id."""
    column, falling = order.lstrip("-"), order.startswith("-")
    if last is not None:
        rows = rows.filter(_after(column, "lt" if falling else "gt", *last))
    if column != "id":
        rows = rows.filter(**{f"{column}__isnull": False})
    by = [F(name).desc() if falling else F(name).asc() for name in dict.fromkeys((column, "id"))]
    return rows.order_by(*by)


def _after(column: str, beyond: str, value: Any, key: Any) -> Q:
    if column == "id":
        return Q(**{f"id__{beyond}": key})
    # The first condition is a range of the index; with the second alone, databases would sort.
    return Q(**{f"{column}__{beyond}e": value}) & (Q(**{f"{column}__{beyond}": value}) | Q(**{f"id__{beyond}": key}))


def _cut(found: list[R], limit: int, order: str) -> Part[R]:
    following = _encode(order, found[limit - 1]) if len(found) > limit else None
    return Part(found[:limit], following)


def _encode(order: str, last: Any) -> str:
    column = order.lstrip("-")
    value, key = (last[name] if isinstance(last, dict) else getattr(last, name) for name in (column, "id"))
    plain = value.isoformat() if hasattr(value, "isoformat") else value
    return base64.urlsafe_b64encode(json.dumps([order, plain, key]).encode()).decode().rstrip("=")


def _decode(model: type[Model], cursor: str, order: str) -> tuple[Any, Any]:
    """The value and the id of the last row that the caller saw."""
    try:
        kept, value, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        field: Field[Any, Any] = getattr(model, order.lstrip("-")).field
        if kept == order and isinstance(key, str | int) and isinstance(value, str | int | float):
            return field.to_python(value), model._meta.pk.to_python(key)
    except (TypeError, ValueError, ValidationError):
        pass
    raise invalid("query.cursor", "the cursor is not of this list", cursor, "`next` of the page before, unchanged")

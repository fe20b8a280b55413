"""Lists in pages: each goes on after the last row that the caller saw, however the list grows meanwhile."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from backend.api.forms import Strict
from backend.api.problems import invalid
from backend.workspace.merged import first_of

MOST: Final = 200
M = TypeVar("M", bound=Model)
R = TypeVar("R")


class PageQuery(Strict):
    """Which part of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=50, help_text="How many at most.")
    cursor = serializers.CharField(required=False, max_length=400, help_text="`next` of the page before.")


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


def part(
    rows: QuerySet[M],
    query: Mapping[str, Any],
    shape: Callable[[QuerySet[M]], QuerySet[M, R]],
    order: str = "-id",
    projects: Sequence[str] | None = None,
) -> Part[R]:
    """Part of a list, from `cursor` on.

    Args:
        shape: what is loaded of each row, such as `lambda rows: rows.values("id")`.
        order: a column, with `-` for descending; the id decides between equals. Rows where it is null are left out.
        projects: only rows of these; any where absent.
    """
    column, falling = order.lstrip("-"), order.startswith("-")
    cursor, limit = query.get("cursor"), query["limit"]
    if cursor is not None:
        rows = rows.filter(_after(cursor, order))
    by = [F(name).desc() if falling else F(name).asc() for name in dict.fromkeys((column, "id"))]
    rows = (rows if column == "id" else rows.filter(**{f"{column}__isnull": False})).order_by(*by)
    found = list(shape(first_of(rows, projects, limit + 1))[: limit + 1])
    following = _encode(order, found[limit - 1]) if len(found) > limit else None
    return Part(found[:limit], following)


def _encode(order: str, last: Any) -> str:
    column = order.lstrip("-")
    value, key = (last[name] if isinstance(last, dict) else getattr(last, name) for name in (column, "id"))
    plain = value.isoformat() if hasattr(value, "isoformat") else value
    return base64.urlsafe_b64encode(json.dumps([order, plain, key]).encode()).decode().rstrip("=")


def _after(cursor: str, order: str) -> Q:
    try:
        kept, value, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        kept = value = key = None
    if kept != order or not isinstance(key, str | int) or not isinstance(value, str | int | float):
        raise invalid("query.cursor", "the cursor is not of this list", cursor, "`next` of the page before, unchanged")
    column, beyond = order.lstrip("-"), "lt" if order.startswith("-") else "gt"
    if column == "id":
        return Q(**{f"id__{beyond}": key})
    # The first condition is a range of the index; with the second alone, databases would sort.
    return Q(**{f"{column}__{beyond}e": value}) & (Q(**{f"{column}__{beyond}": value}) | Q(**{f"id__{beyond}": key}))

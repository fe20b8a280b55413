"""Lists in pages: each goes on after the last row that the caller saw, however the list grows meanwhile."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from django.db.models import F, Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from backend.api.forms import Strict
from backend.api.problems import invalid

MOST: Final = 200
M = TypeVar("M", bound=Model)


class PageQuery(Strict):
    """Which part of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=50, help_text="How many at most.")
    cursor = serializers.CharField(required=False, max_length=400, help_text="`next` of the page before.")


def page(
    rows: QuerySet[M], query: Mapping[str, Any], view: Callable[[M], dict[str, Any]], order: str = "-id"
) -> Response:
    """One page: `{"items": [...], "next": cursor or null}`.

    Args:
        order: a column, with `-` for descending; the id decides between equals. Rows where it is null are left out.
    """
    column, falling = order.lstrip("-"), order.startswith("-")
    if column != "id":
        rows = rows.filter(**{f"{column}__isnull": False})
    cursor = query.get("cursor")
    if cursor is not None:
        rows = rows.filter(_after(cursor, order))
    by = (F(column).desc(), F("id").desc()) if falling else (F(column).asc(), F("id").asc())
    limit = query["limit"]
    found = list(rows.order_by(*(by if column != "id" else by[:1]))[: limit + 1])
    more = found[:limit][-1] if len(found) > limit else None
    following = None if more is None else _encode(order, getattr(more, column), more.pk)
    return Response({"items": [view(row) for row in found[:limit]], "next": following})


def _encode(order: str, value: Any, key: Any) -> str:
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
    return Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"id__{beyond}": key})

"""Lists in keyset pages, as in the API."""

from typing import Final, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.api.pages import Part, part

SHOWN: Final = 50
M = TypeVar("M", bound=Model)


def listed(request: HttpRequest, rows: QuerySet[M], order: str = "-id", limit: int = SHOWN) -> Part[M]:
    """The part of a list that `?cursor=` asks for.

    Raises:
        ProblemError: the cursor is not of this list.
    """
    query = {"limit": limit, "cursor": request.GET.get("cursor") or None}
    return part(rows, query, lambda rows: rows, order)

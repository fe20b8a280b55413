"""Lists in keyset pages, as in the API."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.api.pages import page

SHOWN: Final = 50
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Listed(Generic[M]):
    """Part of a list.

    Attributes:
        following: cursor of the next part, for `{% pager %}`; None at the end.
    """

    rows: list[M]
    following: str | None


def listed(request: HttpRequest, rows: QuerySet[M], order: str = "-id", limit: int = SHOWN) -> Listed[M]:
    """The part of a list that `?cursor=` asks for.

    Raises:
        ProblemError: the cursor is not of this list.
    """
    query = {"limit": limit, "cursor": request.GET.get("cursor") or None}
    found = page(rows, query, lambda row: {"row": row}, order).data
    return Listed([item["row"] for item in found["items"]], found["next"])

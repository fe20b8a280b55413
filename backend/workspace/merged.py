"""Rows of several projects in one order, without sorting all of them.

Where `project IN (…)` meets `ORDER BY … LIMIT`, databases read every row of every project. Here each project gives its
first rows by an index that starts with the project, and only those are sorted.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

MOST: Final = 400
"""Projects of one query; SQLite takes 500 parts."""
_PLACE: Final = "\0"
"""Stands for each project in turn; nothing that callers give holds it, since databases do not take it."""
M = TypeVar("M", bound=Model)


def first_of(rows: QuerySet[M], projects: Sequence[Any] | None, count: int) -> QuerySet[M]:
    """Rows among which are the first `count` of those that lie in some projects.

    Args:
        rows: of a model with a `project`, filtered and ordered.
        projects: their ids, or places for them (`backend.prepared`); None for all.
    """
    if projects is None:
        return rows
    if not projects:
        return rows.none()
    if len(projects) == 1:
        return rows.filter(project=projects[0])
    if len(projects) > MOST:
        return rows.filter(project__in=projects)
    # Written once and repeated, since Django unites no limited queries on SQLite, and takes long for each it writes.
    sql, given = rows.filter(project=_PLACE).values("pk")[:count].query.sql_with_params()
    each = [project if value == _PLACE else value for project in projects for value in given]
    united = " UNION ALL ".join([f"SELECT * FROM ({sql}) AS firsts"] * len(projects))  # noqa: S608  # Django's SQL
    within = RawSQL(united, each)  # noqa: S611  # what callers gave is among the parameters
    return rows.model._default_manager.filter(pk__in=within).order_by(*rows.query.order_by)

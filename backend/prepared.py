"""Queries whose SQL is written once: Django takes longer to write most of them than databases take to answer."""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import connection
from django.db.models import DateTimeField, Expression, Field, Model, QuerySet

_KEPT: Final = 500
"""Queries per thread: more than there are combinations of lists, orders and filters that are asked for often."""
_here: Final = threading.local()
Row = list[Any]
M = TypeVar("M", bound=Model)


class Given(Expression):
    """A value that is known only when the query runs.

    Args:
        name: what it is given by.
        field: how it goes to the database.
    """

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, list[Any]]:
        """See the base class; the place itself is the parameter."""
        del compiler, connection, more
        return "%s", [self]


class Prepared:
    """A query of some columns, with places for values; for the thread that made it.

    Args:
        rows: with `values_list`.
        times_as_text: in ISO 8601 with `Z`, as JSON carries them.

    Attributes:
        names: the columns.
    """

    def __init__(self, rows: "QuerySet[Any, Any]", *, times_as_text: bool) -> None:
        self._compiler = rows.query.get_compiler(connection=connection)
        self._sql, self._places = self._compiler.as_sql()
        self.names: Final[tuple[str, ...]] = rows.query.values_select
        fields = [entry[0] for entry in self._compiler.select]
        self._converters = self._compiler.get_converters(fields)
        for at, field in enumerate(fields):
            if times_as_text and isinstance(field.output_field, DateTimeField):
                self._converters[at] = [_moment], field

    def rows(self, given: Mapping[str, Any]) -> list[Row]:
        """Rows for these values, columns in the order of `names`."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [_bound(place, given) for place in self._places])
            return list(self._compiler.apply_converters(cursor.fetchall(), self._converters))


def prepared(key: Hashable, make: "Callable[[], QuerySet[Any, Any]]", *, times_as_text: bool = False) -> Prepared:
    """The query of a key, written where this thread has not done so yet."""
    kept: dict[Hashable, Prepared] = _here.__dict__.setdefault("kept", {})
    found = kept.get(key)
    if found is None:
        if len(kept) >= _KEPT:
            kept.clear()
        found = kept[key] = Prepared(make(), times_as_text=times_as_text)
    return found


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """All of a model's columns, for `values_list` and `instance`."""
    return [f"{prefix}{field.attname}" for field in model._meta.concrete_fields]


def instance(model: type[M], values: Sequence[Any]) -> M:
    """The row that all of a model's columns make."""
    return model.from_db(connection.alias, columns_of(model), values)


def _bound(place: Any, given: Mapping[str, Any]) -> Any:
    return place.output_field.get_db_prep_value(given[place.name], connection) if isinstance(place, Given) else place


def _moment(value: datetime | None, expression: Any, connection: Any) -> str | None:
    """In UTC, as all databases have times; SQLite's do not say so."""
    del expression, connection
    return None if value is None else f"{value.replace(tzinfo=None).isoformat()}Z"

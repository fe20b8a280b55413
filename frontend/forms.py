"""Forms of pages: checked by the API's own forms, refused in the same words, beside the field at fault."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from rest_framework import serializers

from backend.api.problems import invalid, problem_of

_ABOUT_THE_FORM: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)


class FormError(Exception):
    """What is wrong with a form, by field; `form` for all of it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = dict(errors)


def checked(
    form: type[serializers.Serializer[Any]], given: Mapping[str, Any], *, partial: bool = False
) -> dict[str, Any]:
    """The values of a form of the API, without empty fields; `partial` where some may be absent.

    Raises:
        FormError: naming every field that is wrong.
    """
    found = form(data={name: value for name, value in given.items() if value not in ("", None)}, partial=partial)
    if not found.is_valid():
        raise FormError({name: _first(errors) for name, errors in found.errors.items()})
    values: dict[str, Any] = found.validated_data
    return values


def chosen(form: type[serializers.Serializer[Any]], given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those filters of a list that a page's address names, checked by the API's form.

    Raises:
        ProblemError: one is wrong.
    """
    found = form(data={name: text for name in names if (text := given.get(name, "").strip())})
    if not found.is_valid():
        name, errors = next(iter(found.errors.items()))
        raise invalid(f"query.{name}", _first(errors), given.get(name))
    return {name: found.validated_data[name] for name in names if name in found.validated_data}


def _first(errors: Any) -> str:
    while isinstance(errors, list | dict):
        errors = next(iter(errors.values() if isinstance(errors, dict) else errors))
    return str(errors)


@contextmanager
def refusals() -> Iterator[None]:
    """Errors of the backend that are about the form become the form's.

    Raises:
        FormError: instead of those; others, such as something that is not visible, pass.
    """
    try:
        yield
    except Exception as error:
        problem = problem_of(error)
        if problem is None or problem.status not in _ABOUT_THE_FORM:
            raise
        field = (problem.field or "").removeprefix("body.").removeprefix("query.") or "form"
        field = "form" if field.startswith(("path.", "header.")) else field
        fix = f" Likely fix: {problem.fix}." if problem.fix else ""
        text = problem.detail[:1].upper() + problem.detail[1:]
        raise FormError({field: text.rstrip(".") + "." + fix}) from error


def texts(given: Mapping[str, Any], *names: str) -> dict[str, str]:
    """Some fields of what a browser sent, as text."""
    return {name: str(given.get(name, "")) for name in names}

"""Error pages: HTML for people, problems for whoever asks the API."""

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backend.api import problems
from backend.api.problems import ProblemError
from frontend.words import told

_WORDS: Final = {
    HTTPStatus.NOT_FOUND: "There is nothing here, or you may not see it.",
    HTTPStatus.FORBIDDEN: "You may not do this.",
}


def error_page(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """A problem as a page, or as a card where htmx asked for a part of one."""
    template = "errors/card.html" if getattr(request, "htmx", False) else "errors/page.html"
    words = _WORDS.get(problem.status, problem.status.phrase)
    context = {"problem": problem, "told": told(problem.detail), "words": words, "status": int(problem.status)}
    return render(request, template, context, status=problem.status)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404."""
    if _is_api(request):
        return problems.page_not_found(request, exception)
    return error_page(request, ProblemError(HTTPStatus.NOT_FOUND, "there is nothing here"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400."""
    if _is_api(request):
        return problems.bad_request(request, exception)
    return error_page(request, ProblemError(HTTPStatus.BAD_REQUEST, str(exception) or "the request is malformed"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403."""
    if _is_api(request):
        return problems.forbidden(request, exception)
    return error_page(request, ProblemError(HTTPStatus.FORBIDDEN, str(exception) or "this is not allowed"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: mostly one that was open while its user signed out or in again."""
    detail = f"the form is out of date: {reason}"
    return error_page(request, ProblemError(HTTPStatus.FORBIDDEN, detail, fix="reload the page and send it again"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500; reads nothing that may be broken."""
    if _is_api(request):
        return problems.server_error(request)
    return render(request, "errors/500.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)

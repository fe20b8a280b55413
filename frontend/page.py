"""What all pages share: who looks, what they may see, and what happens when they may not."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.api.problems import problem_of
from backend.workspace.access import NotVisibleError, project_for
from backend.workspace.models import Project, Role
from frontend.errors import error_page

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request of somebody who signed in.

    Attributes:
        caller: who looks, with all scopes.
        project: the project that the page belongs to; the frame shows it.
    """

    caller: Caller
    project: Project | None
    htmx: Any


View = Callable[Concatenate[PageRequest, P], HttpResponseBase]


def signed_in(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for whoever has an account; others are sent to sign in. Errors of the backend become error pages."""

    @wraps(view)
    def checked(request: PageRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return _to_sign_in(request)
        request.caller = Caller.of_session(user)
        request.project = None
        answer = _answer(request, lambda: view(request, *args, **kwargs))
        _remember_project(request, answer)
        return answer

    return checked


def for_all(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page that needs no account, such as the one to sign in; it has no `caller`."""

    @wraps(view)
    def checked(request: PageRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return _answer(request, lambda: view(request, *args, **kwargs))

    return checked


def _answer(request: PageRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        answer = view()
    except (Http404, PermissionDenied):
        raise
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        return error_page(request, problem)
    patch_cache_control(answer, private=True, no_store=not answer.has_header("ETag"))
    return answer


def operators_only(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for operators; for all others it does not exist."""

    def checked(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.caller.user.is_operator:
            raise NotVisibleError("page", request.path)
        return view(request, *args, **kwargs)

    return wraps(view)(signed_in(checked))


def open_project(request: PageRequest, project_id: str, needed: Role = Role.VIEWER) -> Project:
    """The project of the page, for somebody who may do what the role allows.

    Raises:
        NotVisibleError, RoleError.
    """
    request.project = project_for(request.caller.user, project_id, needed)
    return request.project


def _remember_project(request: PageRequest, answer: HttpResponseBase) -> None:
    """The next page without a project of its own shows the same one in its frame."""
    if request.project is not None and request.COOKIES.get("project") != request.project.pk:
        answer.set_cookie("project", request.project.pk, samesite="Lax", httponly=True, max_age=31_536_000)


def _to_sign_in(request: PageRequest) -> HttpResponse:
    answer: HttpResponse = redirect_to_login(request.get_full_path())
    if getattr(request, "htmx", False):
        target = answer["Location"]
        answer = HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": target})
    return answer

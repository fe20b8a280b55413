"""What the frame of every page shows: the account, its projects, the one at hand."""

from typing import Any, Final

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from backend.accounts.models import User
from backend.workspace.access import may, visible_projects
from backend.workspace.models import Project, Role

_SHOWN: Final = 30


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of `base.html`; nothing is read unless the page shows it."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_authenticated:
        return {"account": None, "nav_projects": (), "nav_project": None}
    projects: Any = SimpleLazyObject(lambda: list(visible_projects(user).order_by("-id")[:_SHOWN]))
    found: Any = SimpleLazyObject(lambda: at_hand(request, projects))
    return {
        "account": user,
        "nav_projects": projects,
        "nav_project": found,
        "nav_editor": SimpleLazyObject(lambda: bool(found) and may(user, found.pk, Role.EDITOR)),
    }


def at_hand(request: HttpRequest, projects: list[Project]) -> Project | None:
    """The project of the page, else the last one that the browser looked at, else the newest."""
    shown = getattr(request, "project", None)
    if isinstance(shown, Project):
        return shown
    last = request.COOKIES.get("project", "")
    return next((project for project in projects if project.pk == last), projects[0] if projects else None)

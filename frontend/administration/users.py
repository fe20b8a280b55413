"""Accounts: found, invited, given quotas, locked, closed."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from backend.accounts import administration
from backend.accounts.models import User
from backend.api.views_admin import InvitationForm, UserForm, UserQuery, user_in_full, user_named
from backend.jobs.closing import close_account
from backend.jobs.models import LIVE, Job
from backend.workspace.models import Role
from frontend.forms import FormError, checked, chosen, refusals, texts
from frontend.lists import listed
from frontend.page import PageRequest, operators_only

_GB: Final = 10**9
_PROJECTS: Final = 50
_LIMITS: Final = ("weight", "running_max", "queued_max")
_UNLIMITED: Final[Mapping[str, Any]] = {"name": "", "running_max": None, "queued_max": None, "storage_bytes_max": None}
"""What an empty field means."""


@operators_only
def index(request: PageRequest) -> HttpResponse:
    """All accounts, and a form that invites somebody; the link is shown only in the answer to that form."""
    if request.method != "POST":
        return _index(request, {})
    given = texts(request.POST, "email", "name", "is_operator")
    try:
        with refusals():
            user, link = administration.invite(request.caller, **checked(InvitationForm, given))
    except FormError as error:
        return _index(request, {"errors": error.errors, "given": given})
    return _index(request, {"invited": user, "link": link})


def _index(request: PageRequest, more: dict[str, Any]) -> HttpResponse:
    wanted = chosen(UserQuery, request.GET, "search", "state")
    part = listed(request, administration.found(**wanted))
    live = Job.objects.filter(user__in=part.rows, state__in=LIVE).values_list("user").annotate(count=Count("id"))
    counts = dict(live)
    context = {
        "rows": [(user, counts.get(user.pk, 0)) for user in part.rows],
        "following": part.following,
        "chosen": wanted,
        "states": ("active", "locked", "closed", "operator"),
        "given": {},
        "errors": {},
    }
    return render(request, "administration/users.html", context | more)


@operators_only
def user_page(request: PageRequest, user: str) -> HttpResponse:
    """One account: what it may use, what it uses, and what can be done with it."""
    return _user_page(request, user_named(user), {})


def _user_page(request: PageRequest, found: User, more: dict[str, Any]) -> HttpResponse:
    most = found.storage_bytes_max
    context = {
        "found": found,
        "full": user_in_full(found),
        "standard": settings.ENVIRONMENT,
        "storage_gb": "" if most is None else f"{most / _GB:g}",
        "memberships": found.memberships.select_related("project").order_by("-id")[:_PROJECTS],
        "roles": dict(Role.choices),
        "errors": {},
    }
    return render(request, "administration/user.html", context | more)


@require_POST
@operators_only
def quotas(request: PageRequest, user: str) -> HttpResponse:
    """Change an account's name and quotas; an empty field is the installation's setting."""
    found = user_named(user)
    given = texts(request.POST, "name", *_LIMITS)
    try:
        _check_unchanged(request, found)
        given["storage_bytes_max"] = _bytes_of(request.POST.get("storage_gb", ""))
        values = {**_UNLIMITED, **checked(UserForm, given, partial=True)}
        with refusals():
            administration.change(request.caller, found, **values)
    except FormError as error:
        for name in ("name", *_LIMITS):  # what was typed stays
            setattr(found, name, given[name])
        return _user_page(request, found, {"errors": error.errors, "storage_gb": request.POST.get("storage_gb", "")})
    messages.success(request, "Saved.")
    return redirect("administration:user", user)


def _check_unchanged(request: PageRequest, found: User) -> None:
    """Refuse a form that shows an older state of the account.

    Raises:
        FormError: somebody changed it since.
    """
    if request.POST.get("version", "") != str(found.version):
        raise FormError({"form": "Somebody changed the account meanwhile: open the page again, and change that."})


def _bytes_of(gigabytes: str) -> str:
    """What a form says in GB, in bytes; whatever is no number stays as it is, for the form to refuse."""
    try:
        return str(round(float(gigabytes) * _GB))
    except (ValueError, OverflowError):
        return gigabytes


def _send_link(request: PageRequest, found: User) -> str:
    """Hand the link out here too, for installations that send no mails."""
    return administration.send_link(request.caller, found)


def _set(**values: bool) -> Callable[[PageRequest, User], str]:
    def change(request: PageRequest, found: User) -> str:
        administration.change(request.caller, found, **values)
        return ""

    return change


_ACTIONS: Final[Mapping[str, tuple[Callable[[PageRequest, User], str], str]]] = {
    "lock": (_set(is_active=False), "is locked: sessions and tokens do not work."),
    "unlock": (_set(is_active=True), "may sign in again."),
    "promote": (_set(is_operator=True), "is an operator now."),
    "demote": (_set(is_operator=False), "is no operator any more."),
    "link": (_send_link, "was sent a link to choose a password."),
}


@require_POST
@operators_only
def act(request: PageRequest, user: str) -> HttpResponse:
    """Lock, unlock, make and unmake operators, send a link; what is done is the form's `do`."""
    found = user_named(user)
    action = _ACTIONS.get(request.POST.get("do", ""))
    if action is None:
        return redirect("administration:user", user)
    work, words = action
    try:
        with refusals():
            link = work(request, found)
    except FormError as error:
        messages.error(request, " ".join(error.errors.values()))
        return redirect("administration:user", user)
    messages.success(request, f"{found.email} {words}")
    if link:
        return _user_page(request, found, {"link": link})
    return redirect("administration:user" if request.caller.user.pk != user else "projects:start", *_own(request, user))


def _own(request: PageRequest, user: str) -> tuple[str, ...]:
    """Whoever unmade herself may not see the page any more."""
    return () if request.caller.user.pk == user else (user,)


@require_POST
@operators_only
def close(request: PageRequest, user: str) -> HttpResponse:
    """Close an account for good; its address is typed as a confirmation."""
    found = user_named(user)
    if request.POST.get("confirm", "").strip().lower() != found.email:
        return _user_page(request, found, {"errors": {"confirm": f"Not closed: type {found.email} to confirm."}})
    try:
        with refusals():
            close_account(request.caller, found)
    except FormError as error:
        return _user_page(request, found, {"errors": {"confirm": " ".join(error.errors.values())}})
    messages.success(request, f"{found.email} is closed.")
    return redirect("administration:users")

"""The account: name, address, password, end."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from backend.accounts import signing
from backend.api.authentication import caller_address
from backend.api.views_account import CloseForm, EmailForm, MeForm, PasswordForm
from backend.jobs.closing import close_account
from frontend.forms import FormError, checked, refusals, texts
from frontend.page import PageRequest, signed_in


@signed_in
def profile_page(request: PageRequest) -> HttpResponse:
    """All of it on one page."""
    if request.method == "POST":
        return _try(request, "name", lambda: _rename(request))
    return _page(request)


@require_POST
@signed_in
def change_email(request: PageRequest) -> HttpResponse:
    """Ask for a link to another address."""

    def work() -> str:
        values = checked(EmailForm, texts(request.POST, "email", "password"))
        signing.request_email(request.caller, values["password"], values["email"], caller_address(request))
        return f"A link was sent to {values['email']}; the address is yours when you open it."

    return _try(request, "email", work)


@require_POST
@signed_in
def change_password(request: PageRequest) -> HttpResponse:
    """Set a new password; all other sessions end."""

    def work() -> str:
        values = checked(PasswordForm, texts(request.POST, "password", "new_password"))
        address = caller_address(request)
        signing.change_password(request.caller, values["password"], values["new_password"], address, request)
        return "Your password is changed; all other sessions have ended."

    return _try(request, "password", work)


@require_POST
@signed_in
def close(request: PageRequest) -> HttpResponse:
    """Close the account, for good."""
    try:
        values = checked(CloseForm, texts(request.POST, "password"))
        with refusals():
            signing.prove(request.caller.user, values["password"], caller_address(request))
            close_account(request.caller, request.caller.user)
    except FormError as error:
        return _page(request, {"close": error.errors})
    signing.sign_out(request)
    messages.success(request, "Your account is closed.")
    return redirect("accounts:sign_in")


def _rename(request: PageRequest) -> str:
    values = checked(MeForm, texts(request.POST, "name"))
    signing.change_name(request.caller, values.get("name", ""))
    return "Saved."


def _try(request: PageRequest, part: str, work: Callable[[], str]) -> HttpResponse:
    """Do what a form asks for; where it is refused, show why beside its fields."""
    try:
        with refusals():
            messages.success(request, work())
    except FormError as error:
        return _page(request, {part: error.errors})
    return redirect("settings:profile")


def _page(request: PageRequest, errors: dict[str, Any] | None = None) -> HttpResponse:
    return render(request, "settings_pages/profile.html", {"user": request.caller.user, "errors": errors or {}})

"""Signing in, out and up, forgotten passwords, confirmed addresses."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from backend.accounts import signing
from backend.api.authentication import caller_address
from backend.api.views_session import ResetRequestForm, SignInForm, SignUpForm
from frontend.forms import FormError, checked, refusals, texts
from frontend.page import PageRequest, for_all


@for_all
def sign_in(request: PageRequest) -> HttpResponse:
    """The form, and what it sends; goes where the user wanted to go."""
    given = texts(request.POST, "email", "password")
    following = _following(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            values = checked(SignInForm, given)
            with refusals():
                signing.sign_in(request, values["email"], values["password"], caller_address(request))
            return redirect(following)
        except FormError as error:
            errors = error.errors
    context = {"next": following, "email": given["email"], "errors": errors, "signup": settings.ENVIRONMENT.signup}
    return render(request, "accounts/sign_in.html", context)


def _following(request: PageRequest) -> str:
    """Where to go after signing in; never to another site."""
    found = request.POST.get("next") or request.GET.get("next") or "/"
    return found if url_has_allowed_host_and_scheme(found, None) else "/"


@require_POST
@for_all
def sign_out(request: PageRequest) -> HttpResponse:
    """End the session."""
    signing.sign_out(request)
    return redirect("accounts:sign_in")


@for_all
def sign_up(request: PageRequest) -> HttpResponse:
    """Open an account, where the operator allows it."""
    given = texts(request.POST, "email", "name", "password")
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            values = checked(SignUpForm, given)
            with refusals():
                signing.sign_up(request, **values, address=caller_address(request))
            messages.success(request, f"Welcome. A link to confirm your address was sent to {values['email']}.")
            return redirect("projects:start")
        except FormError as error:
            errors = error.errors
    context = {**given, "errors": errors, "signup": settings.ENVIRONMENT.signup}
    return render(request, "accounts/sign_up.html", context)


@for_all
def forgotten(request: PageRequest) -> HttpResponse:
    """Ask for a link to a new password; the answer is the same whether or not there is such an account."""
    given = texts(request.POST, "email")
    errors: dict[str, str] = {}
    sent = False
    if request.method == "POST":
        try:
            values = checked(ResetRequestForm, given)
            with refusals():
                signing.request_reset(values["email"], caller_address(request))
            sent = True
        except FormError as error:
            errors = error.errors
    return render(request, "accounts/forgotten.html", {**given, "errors": errors, "sent": sent})


@for_all
def reset(request: PageRequest, user: str, token: str) -> HttpResponse:
    """Choose a new password by the link of a mail."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            with refusals():
                signing.reset(user, token, request.POST.get("password", ""))
            messages.success(request, "Your password is set: sign in with it.")
            return redirect("accounts:sign_in")
        except FormError as error:
            errors = error.errors
    return render(request, "accounts/reset.html", {"errors": errors})


@for_all
def confirm(request: PageRequest, token: str) -> HttpResponse:
    """Confirm an address by the link of a mail; by a button, since mail programs open links by themselves."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            with refusals():
                user = signing.confirm_email(token)
            messages.success(request, f"{user.email} is confirmed.")
            return redirect("projects:start")
        except FormError as error:
            errors = error.errors
    return render(request, "accounts/confirm.html", {"errors": errors})

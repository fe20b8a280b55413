"""Tokens for programs: issued, shown once, replaced, revoked."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from backend.accounts.models import Scope, Token
from backend.accounts.tokens import issue, latest_end, revoke_all, rotate
from backend.api.views_account import TokenForm, own_token
from backend.workspace.activity import note
from frontend.forms import FormError, checked, refusals
from frontend.lists import listed
from frontend.page import PageRequest, signed_in

_DAYS: Final = ("7", "30", "90", "365")
_OVERLAP: Final = timedelta(hours=1)


@signed_in
def tokens_page(request: PageRequest) -> HttpResponse:
    """All tokens, and a form for a new one; its text is shown only in the answer to that form."""
    if request.method != "POST":
        return _page(request, {})
    given: dict[str, Any] = {"name": request.POST.get("name", ""), "scopes": request.POST.getlist("scopes")}
    given["addresses"] = request.POST.get("addresses", "").replace(",", " ").split()
    days = request.POST.get("days", "")
    if days in _DAYS:
        given["expires"] = (timezone.now() + timedelta(days=int(days))).isoformat()
    try:
        values = checked(TokenForm, given)
    except FormError as error:
        return _page(request, {"errors": error.errors, "given": given, "days_chosen": days})
    expires = values.get("expires") or latest_end()
    with transaction.atomic():
        scopes = [Scope(scope) for scope in values["scopes"]]
        token, text = issue(request.caller.user, values["name"], scopes, expires, values["addresses"])
        note(request.caller, "token.create", token.pk)
    return _page(request, {"token": token, "text": text})


@require_POST
@signed_in
def revoke(request: PageRequest, token: str) -> HttpResponse:
    """Make a token worthless, at once and for good."""
    found = own_token(request.caller.user, token)
    with transaction.atomic():
        Token.objects.filter(pk=found.pk, revoked=None).update(revoked=timezone.now())
        note(request.caller, "token.revoke", token)
    messages.success(request, f"{found.name} no longer works.")
    return redirect("settings:tokens")


@require_POST
@signed_in
def rotate_one(request: PageRequest, token: str) -> HttpResponse:
    """Replace a token; the old one works for an hour more."""
    found = own_token(request.caller.user, token)
    try:
        with refusals(), transaction.atomic():
            new, text = rotate(found, _OVERLAP)
            note(request.caller, "token.rotate", new.pk, old=found.pk)
    except FormError as error:
        messages.error(request, " ".join(error.errors.values()))
        return redirect("settings:tokens")
    return _page(request, {"token": new, "text": text, "replaced": found})


@require_POST
@signed_in
def revoke_every(request: PageRequest) -> HttpResponse:
    """Revoke all tokens."""
    with transaction.atomic():
        count = revoke_all(request.caller.user)
        note(request.caller, "token.revoke_all", request.caller.user.pk, count=count)
    messages.success(request, f"{count} tokens no longer work.")
    return redirect("settings:tokens")


def _page(request: PageRequest, more: dict[str, Any]) -> HttpResponse:
    part = listed(request, Token.objects.filter(user=request.caller.user))
    context = {"part": part, "scopes": list(Scope), "days": _DAYS, "errors": {}, "given": {"scopes": ["read"]}}
    return render(request, "settings_pages/tokens.html", context | more)

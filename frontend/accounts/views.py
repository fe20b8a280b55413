"""Signing in and out."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST


def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends."""
    following = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(following, None):
        following = "/"
    context = {"next": following, "email": request.POST.get("email", ""), "wrong": False}
    if request.method == "POST":
        user = authenticate(request, username=context["email"], password=request.POST.get("password", ""))
        if user is not None:
            login(request, user)
            return redirect(following)
        context["wrong"] = True
    return render(request, "accounts/sign_in.html", context, status=200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("accounts:sign_in")

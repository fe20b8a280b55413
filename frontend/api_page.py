"""The API's description as a page to read and try, with the reader's own session."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def api_page(request: HttpRequest) -> HttpResponse:
    """Every operation; for everybody, as the description itself is."""
    return render(request, "api.html")

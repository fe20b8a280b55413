"""Addresses of the backend."""

from typing import Final

from django.urls import include, path

from backend.live.sse import job_stream

urlpatterns: Final = [
    path("api/v1/jobs/<str:job>/events/stream", job_stream),
    path("api/v1/", include("backend.api.urls")),
]
handler400 = "backend.api.problems.bad_request"
handler403 = "backend.api.problems.forbidden"
handler404 = "backend.api.problems.page_not_found"
handler500 = "backend.api.problems.server_error"

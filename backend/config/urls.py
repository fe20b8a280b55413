"""Addresses of the backend."""

from typing import Final

from django.urls import include, path

from backend.live.sse import job_events, project_events

urlpatterns: Final = [
    path("api/v1/jobs/<str:job>/events/stream", job_events),
    path("api/v1/projects/<str:project>/events/stream", project_events),
    path("api/v1/", include("backend.api.urls")),
    path("", include("frontend.urls")),
]
handler400 = "frontend.errors.bad_request"
handler403 = "frontend.errors.forbidden"
handler404 = "frontend.errors.page_not_found"
handler500 = "frontend.errors.server_error"

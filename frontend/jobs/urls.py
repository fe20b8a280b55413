"""Addresses of jobs and the queue.

Names: index, job (its id), queue, submit (a project's id).
"""

from typing import Final

from django.urls import URLPattern

app_name = "jobs"
urlpatterns: Final[list[URLPattern]] = []

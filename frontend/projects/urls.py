"""Addresses of the start page and of projects.

Names: start, index, project (its id).
"""

from typing import Final

from django.urls import path

from frontend.projects import views

app_name = "projects"
urlpatterns: Final = [
    path("", views.start, name="start"),
    path("projects", views.index, name="index"),
    path("projects/<str:project>", views.project, name="project"),
]

"""Addresses of the start page and of projects.

Names: start, index, new; of a project (its id): project, runs, files, members, activity, settings, delete;
member and leave (project and user).
"""

from typing import Final

from django.urls import path

from frontend.projects import members, records, settings, views

app_name = "projects"
urlpatterns: Final = [
    path("", views.start, name="start"),
    path("projects", views.index, name="index"),
    path("projects/new", views.new, name="new"),
    path("projects/<str:project>", views.overview, name="project"),
    path("projects/<str:project>/runs", records.runs, name="runs"),
    path("projects/<str:project>/files", records.files, name="files"),
    path("projects/<str:project>/activity", records.activity, name="activity"),
    path("projects/<str:project>/members", members.members_page, name="members"),
    path("projects/<str:project>/members/<str:user>", members.change, name="member"),
    path("projects/<str:project>/members/<str:user>/remove", members.remove, name="remove_member"),
    path("projects/<str:project>/settings", settings.settings_page, name="settings"),
    path("projects/<str:project>/delete", settings.delete, name="delete"),
]

"""Addresses of pruning.

Names that the frame links to: index, new, train (a project's id); session (a job's id).
"""

from typing import Final

from django.urls import path

from frontend.pruning import submission, views

app_name = "pruning"
urlpatterns: Final = [
    path("projects/<str:project>/prune", views.index, name="index"),
    path("projects/<str:project>/prune/new", submission.new, name="new"),
    path("projects/<str:project>/train/new", submission.train, name="train"),
    path("projects/<str:project>/prune/reachable", submission.reachable, name="reachable"),
    path("sessions/<str:job>", views.session, name="session"),
    path("sessions/<str:job>/panel", views.panel, name="panel"),
    path("sessions/<str:job>/story", views.story, name="story"),
]

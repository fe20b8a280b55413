"""Addresses of trade-offs.

Names that the frame links to: index, table, compare, new (a project's id); sweep (a job's id).
"""

from typing import Final

from django.urls import path

from frontend.pareto import submission, sweeps, views

app_name = "pareto"
urlpatterns: Final = [
    path("projects/<str:project>/pareto", views.index, name="index"),
    path("projects/<str:project>/pareto.csv", views.table, name="table"),
    path("projects/<str:project>/pareto/new", submission.new, name="new"),
    path("projects/<str:project>/pareto/compare", views.compare, name="compare"),
    path("sweeps/<str:job>", sweeps.sweep, name="sweep"),
    path("sweeps/<str:job>/panel", sweeps.panel, name="panel"),
    path("sweeps/<str:job>/runs", sweeps.runs, name="runs"),
]

"""Addresses of trade-offs.

Names that the frame links to: index, table, compare (a project's id).
"""

from typing import Final

from django.urls import path

from frontend.pareto import views

app_name = "pareto"
urlpatterns: Final = [
    path("projects/<str:project>/pareto", views.index, name="index"),
    path("projects/<str:project>/pareto.csv", views.table, name="table"),
    path("projects/<str:project>/pareto/compare", views.compare, name="compare"),
]

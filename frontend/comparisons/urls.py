"""Addresses of comparisons.

Names that the frame links to: index (a project's id; ?jobs=ID,ID or ?run=ID).
"""

from typing import Final

from django.urls import path

from frontend.comparisons import views

app_name = "comparisons"
urlpatterns: Final = [
    path("projects/<str:project>/compare", views.index, name="index"),
]

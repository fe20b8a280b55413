"""Addresses of comparisons.

Names that the frame links to: index (a project's id; ?jobs=ID,ID).
"""

from typing import Final

from django.urls import URLPattern

app_name = "comparisons"
urlpatterns: Final[list[URLPattern]] = []

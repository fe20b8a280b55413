"""Addresses of accelerators.

Names that the frame links to: index (a project's id), accelerator (an id or a preset's name).
"""

from typing import Final

from django.urls import URLPattern

app_name = "accelerators"
urlpatterns: Final[list[URLPattern]] = []

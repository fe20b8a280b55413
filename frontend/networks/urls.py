"""Addresses of networks.

Names that the frame links to: index (a project's id), network (a network's id), upload (a project's id).
"""

from typing import Final

from django.urls import URLPattern

app_name = "networks"
urlpatterns: Final[list[URLPattern]] = []

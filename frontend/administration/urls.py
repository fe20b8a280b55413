"""Addresses of administration.

Names: users.
"""

from typing import Final

from django.urls import URLPattern

app_name = "administration"
urlpatterns: Final[list[URLPattern]] = []

"""Addresses of settings.

Names: profile.
"""

from typing import Final

from django.urls import URLPattern

app_name = "settings"
urlpatterns: Final[list[URLPattern]] = []

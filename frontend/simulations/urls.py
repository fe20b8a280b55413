"""Addresses of reports.

Names that the frame links to: report (a job's id).
"""

from typing import Final

from django.urls import URLPattern

app_name = "simulations"
urlpatterns: Final[list[URLPattern]] = []

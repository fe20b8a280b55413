"""Addresses of reports.

Names that the frame links to: report (a job's id).
"""

from typing import Final

from django.urls import path

from frontend.simulations import views

app_name = "simulations"
urlpatterns: Final = [
    path("jobs/<str:job>/report", views.report, name="report"),
]

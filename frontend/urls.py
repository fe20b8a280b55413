"""Addresses of the pages: one include for each section."""

from typing import Final

from django.urls import include, path

from frontend.api_page import api_page

urlpatterns: Final = [
    path("api", api_page, name="api"),
    path("", include("frontend.accounts.urls")),
    path("", include("frontend.projects.urls")),
    path("", include("frontend.networks.urls")),
    path("", include("frontend.accelerators.urls")),
    path("", include("frontend.simulations.urls")),
    path("", include("frontend.comparisons.urls")),
    path("", include("frontend.campaigns.urls")),
    path("", include("frontend.predictors.urls")),
    path("", include("frontend.pruning.urls")),
    path("", include("frontend.pareto.urls")),
    path("", include("frontend.jobs.urls")),
    path("settings/", include("frontend.settings_pages.urls")),
    path("administration/", include("frontend.administration.urls")),
]

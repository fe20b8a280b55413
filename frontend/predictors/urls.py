"""Addresses of predictors.

Names that the frame links to: index and new (a project's id); predictor and delete (a predictor's id).
"""

from typing import Final

from django.urls import path

from frontend.predictors import fitting, views

app_name = "predictors"
urlpatterns: Final = [
    path("projects/<str:project>/predictors", views.index, name="index"),
    path("projects/<str:project>/predictors/new", fitting.new, name="new"),
    path("predictors/<str:predictor>", views.predictor, name="predictor"),
    path("predictors/<str:predictor>/delete", views.delete, name="delete"),
]

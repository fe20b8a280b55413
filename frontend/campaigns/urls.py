"""Addresses of campaigns.

Names: index, new (a project's id), campaign, panel, rows, act (a campaign's id).
"""

from typing import Final

from django.urls import path

from frontend.campaigns import submission, views

app_name = "campaigns"
urlpatterns: Final = [
    path("projects/<str:project>/campaigns", views.index, name="index"),
    path("projects/<str:project>/campaigns/new", submission.new, name="new"),
    path("campaigns/<str:campaign>", views.campaign_page, name="campaign"),
    path("campaigns/<str:campaign>/panel", views.panel, name="panel"),
    path("campaigns/<str:campaign>/rows", views.rows, name="rows"),
    path("campaigns/<str:campaign>/act", views.act, name="act"),
]

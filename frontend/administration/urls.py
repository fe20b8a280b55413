"""Addresses of administration.

Names: users, user (a user's id), quotas, act and close (a user's id), workers, health, settings, activity.
"""

from typing import Final

from django.urls import path

from frontend.administration import installation, users

app_name = "administration"
urlpatterns: Final = [
    path("users", users.index, name="users"),
    path("users/<str:user>", users.user_page, name="user"),
    path("users/<str:user>/quotas", users.quotas, name="quotas"),
    path("users/<str:user>/act", users.act, name="act"),
    path("users/<str:user>/close", users.close, name="close"),
    path("workers", installation.workers, name="workers"),
    path("health", installation.health, name="health"),
    path("settings", installation.settings_page, name="settings"),
    path("activity", installation.activity, name="activity"),
]

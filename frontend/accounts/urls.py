"""Addresses of signing in and up, and of passwords.

Names: sign_in, sign_out.
"""

from typing import Final

from django.urls import path

from frontend.accounts import views

app_name = "accounts"
urlpatterns: Final = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
]

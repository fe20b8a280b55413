"""Addresses of signing in and up, and of passwords; those of mails are in `backend.accounts.links`.

Names: sign_in, sign_out, sign_up, forgotten, reset, confirm.
"""

from typing import Final

from django.urls import path

from frontend.accounts import views

app_name = "accounts"
urlpatterns: Final = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("sign-up", views.sign_up, name="sign_up"),
    path("forgotten-password", views.forgotten, name="forgotten"),
    path("reset/<str:user>/<str:token>", views.reset, name="reset"),
    path("confirm/<str:token>", views.confirm, name="confirm"),
]

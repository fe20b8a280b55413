"""Addresses of settings.

Names: profile, email, password, close, tokens, rotate and revoke (a token's id), revoke_all.
"""

from typing import Final

from django.urls import path

from frontend.settings_pages import profile, tokens

app_name = "settings"
urlpatterns: Final = [
    path("profile", profile.profile_page, name="profile"),
    path("profile/email", profile.change_email, name="email"),
    path("profile/password", profile.change_password, name="password"),
    path("profile/close", profile.close, name="close"),
    path("tokens", tokens.tokens_page, name="tokens"),
    path("tokens/revoke-all", tokens.revoke_every, name="revoke_all"),
    path("tokens/<str:token>/revoke", tokens.revoke, name="revoke"),
    path("tokens/<str:token>/rotate", tokens.rotate_one, name="rotate"),
]

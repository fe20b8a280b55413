"""Addresses of settings.

Names: profile, email, password, close, tokens, rotate and revoke (a token's id), revoke_all;
webhooks, webhook with its actions (a webhook's id), delivery and replay (of a webhook).
"""

from typing import Final

from django.urls import path

from frontend.settings_pages import profile, tokens, webhooks

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
    path("webhooks", webhooks.webhooks_page, name="webhooks"),
    path("webhooks/<str:webhook>", webhooks.webhook_page, name="webhook"),
    path("webhooks/<str:webhook>/change", webhooks.change, name="change_webhook"),
    path("webhooks/<str:webhook>/switch", webhooks.switch, name="switch_webhook"),
    path("webhooks/<str:webhook>/rotate", webhooks.rotate, name="rotate_webhook"),
    path("webhooks/<str:webhook>/test", webhooks.test, name="test_webhook"),
    path("webhooks/<str:webhook>/remove", webhooks.remove, name="remove_webhook"),
    path("webhooks/<str:webhook>/deliveries/<str:delivery>", webhooks.delivery_page, name="webhook_delivery"),
    path("webhooks/<str:webhook>/deliveries/<str:delivery>/replay", webhooks.replay, name="replay_webhook"),
]

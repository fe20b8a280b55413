"""The pages as a Django application."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    """Templates, static files and template tags; no tables."""

    name = "frontend"

"""The services that this installation uses."""

from functools import lru_cache

from django.conf import settings

from backend.clients.hwservice import HwService


@lru_cache(maxsize=1)
def hardware_service() -> HwService:
    """The hardware service; one for the whole process."""
    return HwService(settings.ENVIRONMENT.hwservice_url, settings.ENVIRONMENT.hwservice_token)

"""The services that this installation uses."""

from functools import lru_cache

from django.conf import settings

from backend.clients.service import ServiceClient
from contracts.job import ServiceName


@lru_cache(maxsize=1)
def hardware_service() -> ServiceClient:
    """The hardware service; one for the whole process."""
    return ServiceClient(ServiceName.HARDWARE, settings.ENVIRONMENT.hwservice_url, settings.ENVIRONMENT.hwservice_token)


@lru_cache(maxsize=1)
def learning_service() -> ServiceClient:
    """The learning service; one for the whole process."""
    return ServiceClient(ServiceName.LEARNING, settings.ENVIRONMENT.mlservice_url, settings.ENVIRONMENT.mlservice_token)


def services() -> dict[ServiceName, ServiceClient]:
    """All of them, by name."""
    return {ServiceName.HARDWARE: hardware_service(), ServiceName.LEARNING: learning_service()}

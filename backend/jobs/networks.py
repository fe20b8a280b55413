"""What members do with networks that jobs may refer to: rename and delete."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from backend.accounts.caller import Caller
from backend.jobs.models import Job
from backend.workspace.activity import note
from backend.workspace.models import Network
from backend.workspace.names import NameTakenError
from contracts.errors import InputError


class InUseError(InputError):
    """Jobs refer to it, and what they found must stay traceable."""

    def __init__(self, network: Network) -> None:
        super().__init__(f"jobs refer to the network {network.name!r}")
        self.network, self.fix = network.pk, "keep it, or delete the project with everything in it"


def change_network(caller: Caller, network: Network, values: Mapping[str, Any]) -> None:
    """Set name or description; in a transaction.

    Raises:
        NameTakenError: another network of the project has the name.
    """
    name = values.get("name")
    if (
        name is not None
        and Network.objects.filter(project=network.project_id, name=name).exclude(pk=network.pk).exists()
    ):
        raise NameTakenError(f"the project has a network {name!r}", name)
    Network.objects.filter(pk=network.pk).update(**values, version=F("version") + 1)
    note(caller, "network.change", network.pk, network.project_id, **values)
    network.refresh_from_db()


def delete_network(caller: Caller, network: Network) -> None:
    """Delete a network with all its versions; in a transaction.

    Raises:
        InUseError: jobs refer to it.
    """
    with transaction.atomic():
        if Job.objects.filter(network__network=network).exists():
            raise InUseError(network)
        note(caller, "network.delete", network.pk, network.project_id, name=network.name)
        network.delete()

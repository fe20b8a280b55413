"""How a campaign's rows are distributed: from its tables where it is complete, else from what the service has so far."""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any, Final

from backend.clients.current import hardware_service
from backend.jobs.campaigns import Standing
from backend.jobs.models import JobArtifact
from backend.workspace.store import the_store
from contracts.campaign import ROW_COLUMNS, Rows
from contracts.dataset import NETWORKS

_KEPT: Final = 32


def distributions_of(found: Standing) -> Mapping[str, Any]:
    """As `contracts.campaign.Rows.distributions` describes them; not to be changed.

    Raises:
        ServiceDownError: it is not complete, and the service cannot be asked.
        ServiceRefusedError: the service does not take its definition.
    """
    rows = JobArtifact.objects.filter(job=found.job, name=NETWORKS)
    digest = rows.values_list("artifact_id", flat=True).first()
    if digest is None:
        return hardware_service().campaign_rows(found.definition)
    return _of_table(str(the_store().address), digest)


@lru_cache(maxsize=_KEPT)
def _of_table(store: str, digest: str) -> Mapping[str, Any]:
    """Of a table, which never changes."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # takes a third of a second, and few processes ever need it

    del store  # tells installations apart
    table = pq.read_table(BytesIO(b"".join(the_store().read(digest))), columns=list(ROW_COLUMNS))
    return Rows({name: table[name].to_pylist() for name in ROW_COLUMNS}).distributions()

"""Files that nothing refers to any more: looked for from time to time, and removed when they have been so for a while.

The grace covers uploads and results between their coming in and the row that refers to them.
"""

import logging
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, ForeignObjectRel, OuterRef, QuerySet
from django.utils import timezone

from backend.jobs.models import LIVE, Job
from backend.workspace.models import Artifact
from backend.workspace.store import the_store

_LOG: Final = logging.getLogger(__name__)


def unused(kept_h: float) -> QuerySet[Artifact]:
    """Files that no row refers to, and that came in longer ago than that; what waiting jobs need is used."""
    wanted = {
        file["digest"]
        for order in Job.objects.filter(state__in=LIVE).values_list("order", flat=True)
        for file in order["files"]
    }
    rows = Artifact.objects.filter(created__lt=timezone.now() - timedelta(hours=kept_h))
    for relation in Artifact._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            model: Any = relation.related_model
            referring = model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
            rows = rows.filter(~Exists(referring))
    return rows.exclude(pk__in=wanted)


def collect(kept_h: float | None = None) -> int:
    """Remove them, and what broken uploads left behind; how many bytes that were.

    Args:
        kept_h: the installation's setting where absent.
    """
    hours = settings.ENVIRONMENT.unused_kept_h if kept_h is None else kept_h
    freed = 0
    for artifact in unused(hours):
        # The condition is looked at again in the same statement: it may be used by now.
        if unused(hours).filter(pk=artifact.pk).delete()[0]:
            the_store().remove(artifact.digest)
            freed += artifact.size_bytes
    freed += the_store().sweep(timedelta(hours=hours))
    if freed:
        _LOG.info("%d bytes of files that nothing referred to were removed", freed)
    return freed

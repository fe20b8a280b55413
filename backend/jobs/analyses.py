"""What simulations' reports say: analysed once, since reports never change."""

from functools import lru_cache
from typing import Final

from backend.jobs.models import Job
from backend.jobs.reports import measurement_at, report_digest
from backend.workspace.store import the_store
from contracts.analysis import Analysis, analyse

_KEPT: Final = 128


def analysis_of(job: Job) -> Analysis:
    """What a job's report says.

    Raises:
        NoReportError: it has none.
        InputError: the report is too old for its accelerator to be known.
    """
    return analysis_at(report_digest(job))


def analysis_at(digest: str) -> Analysis:
    """What a report says, by its digest."""
    return _analyse(str(the_store().address), digest)


@lru_cache(maxsize=_KEPT)
def _analyse(store: str, digest: str) -> Analysis:
    del store  # tells installations apart
    return analyse(measurement_at(digest))

"""The process that carries out one attempt: `python -m hwservice.jobs.worker`."""

import sys
from collections.abc import Mapping
from typing import Final

from contracts.job import JobKind
from servicekit.jobs import worker
from servicekit.jobs.task import Handler

WORKER_COMMAND: Final = (sys.executable, "-m", "hwservice.jobs.worker")


def _handlers() -> Mapping[JobKind, Handler]:
    from hwservice.jobs.kinds import HANDLERS  # noqa: PLC0415  # whoever only starts workers does without the pipeline

    return HANDLERS


def main() -> int:
    """Carry out the task on stdin."""
    return worker.main(_handlers)


if __name__ == "__main__":
    sys.exit(main())

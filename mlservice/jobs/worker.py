"""The process that carries out one attempt: `python -m mlservice.jobs.worker`."""

import sys
from collections.abc import Mapping
from typing import Final

from contracts.job import JobKind
from servicekit.jobs import worker
from servicekit.jobs.task import Handler

WORKER_COMMAND: Final = (sys.executable, "-m", "mlservice.jobs.worker")


def _handlers() -> Mapping[JobKind, Handler]:
    from mlservice.jobs.kinds import HANDLERS  # noqa: PLC0415  # whoever only starts workers does without the libraries

    return HANDLERS


def main() -> int:
    """Carry out the task on stdin."""
    return worker.main(_handlers)


if __name__ == "__main__":
    sys.exit(main())

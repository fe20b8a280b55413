"""`proprunn VERB`: results on stdout, progress and errors on stderr.

Exit status: 0; 1 where the installation failed; 2 where the request is at fault; 3 where a job that was waited for failed
or was cancelled; 130 after Ctrl-C.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import Final

from proprunn.cli.parser import parse
from proprunn.cli.verbs import VERBS
from proprunn.errors import ProPruNNClientError, UserError

FAILED: Final = 1
AT_FAULT: Final = 2
JOB_FAILED: Final = 3
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the value is the exit status."""
    chosen = parse(arguments)
    try:
        answer = VERBS[chosen.verb](chosen)
    except ProPruNNClientError as error:
        print(json.dumps(error.to_mapping()) if chosen.json else f"proprunn: {error}", file=sys.stderr)
        return AT_FAULT if isinstance(error, UserError) else FAILED
    except KeyboardInterrupt:
        print(_how_to_go_on(chosen.waits_for), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a file of the user's
        print(f"proprunn: {error}", file=sys.stderr)
        return AT_FAULT
    return 0 if answer else JOB_FAILED


def _how_to_go_on(job: str | None) -> str:
    if job is None:
        return "proprunn: interrupted"
    return f"proprunn: stopped waiting; job {job} goes on. proprunn jobs wait {job}, or: proprunn jobs cancel {job}"


if __name__ == "__main__":
    sys.exit(main())

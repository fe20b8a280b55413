"""What dies with whom."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from contracts.job import JobState
from servicekit.jobs.cluster import DaskExecutor
from tests.servicekit.jobs.witness import FAKE_COMMAND, MakeTask, Witness, process_lives, until

OWNER = """
import sys, time
from pathlib import Path
from contracts.job import JobKind
from servicekit.jobs.local import LocalExecutor
from servicekit.jobs.task import Task

class Teller:
    def started(self): pass
    def progress(self, message): print(message["line"], flush=True)
    def ended(self, outcome): pass

LocalExecutor(1, sys.argv[2:]).submit(Task("t", JobKind.COMPILE, {"do": "sleep"}, Path(sys.argv[1])), Teller())
time.sleep(60)
"""


def test_attempts_die_with_a_service_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path), *FAKE_COMMAND]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        child = int(owner.stdout.readline().split()[1])
        assert process_lives(child)
        owner.send_signal(signal.SIGKILL)
        until(lambda: not process_lives(child), 10)


def test_a_task_is_run_again_where_its_dask_worker_was_killed(dask_executor: DaskExecutor, make_task: MakeTask) -> None:
    witness = Witness()
    dask_executor.submit(make_task("moved", do="sleep", seconds=2), witness)
    child = witness.child()
    worker = dask_executor.worker_of("moved")
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    until(lambda: not process_lives(child), 10)
    assert witness.wait(60).state is JobState.COMPLETED
    assert witness.starts == 2
    until(lambda: dask_executor.capacity().slots == 2, 30)

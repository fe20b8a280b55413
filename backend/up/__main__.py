"""`python -m backend.up [--then COMMAND]`: see `--help`."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from backend.up.account import ACCOUNT_FILE, account_of, variables
from backend.up.plan import PROJECT, Options, environment_of, processes
from backend.up.sample import fill_sample
from backend.up.state import AlreadyUpError, State, usual_folder
from backend.up.supervise import Supervisor, wait_for_port
from contracts.errors import InputError, ProPruNNError, ToolError


def main(arguments: Sequence[str]) -> int:
    """Start the workspace and stay; with a command, its status is ours unless the workspace is kept."""
    given = _parser().parse_args(arguments)
    options = Options(given.folder, given.port, given.service_port, given.learning_port, given.workers)
    try:
        state = State.take(options.folder)
    except AlreadyUpError as there:
        print(there, flush=True)
        return _run(given.then, there.address, account_of(options.folder)) if given.then and there.address else 0
    wait_for_port(options.port, "PORT")
    wait_for_port(options.service_port, "SERVICE_PORT")
    wait_for_port(options.learning_port, "LEARNING_PORT")
    environment = environment_of(options, state)
    print(f"Starting the workspace of {options.folder} ...", flush=True)
    account = _prepare(environment, state)
    supervisor = Supervisor(processes(options, state))
    follow = _Follow(options, state, account, supervisor, given.then, given.keep, given.sample)
    supervisor.run(follow)
    return follow.status


class _Follow:
    """What happens once the workspace answers."""

    def __init__(
        self,
        options: Options,
        state: State,
        account: Mapping[str, str],
        supervisor: Supervisor,
        then: str | None,
        keep: bool,
        sample: bool,
    ) -> None:
        self._options, self._state, self._account = options, state, account
        self._supervisor, self._then, self._keep, self._sample = supervisor, then, keep, sample
        self.status = 0

    def __call__(self) -> None:
        self._state.announce(self._options.address)
        if self._then is not None:
            self.status = _run(self._then, self._options.address, self._account)
            if not self._keep:
                self._supervisor.stop()
                return
        print(f"The workspace is open at {self._options.address}", flush=True)
        if self._account:
            print(f"Sign in as {self._account['email']} with {self._account['password']}", flush=True)
        print("Ctrl-C ends it; nothing is lost.", flush=True)
        if self._sample and self._account and self._then is None:
            fill_sample(variables(self._options.address, self._account), self._state.log("sample"))


def _run(command: str, address: str, account: Mapping[str, str]) -> int:
    """The status of a command that may use the workspace; it ends with us, however we do."""
    if not account:
        raise InputError("--then needs the demonstration's account, which production mode does not have")
    tether = (sys.executable, "-m", "backend.up.tether", "-")
    return subprocess.run([*tether, *shlex.split(command)], env=variables(address, account), check=False).returncode


def _prepare(environment: Mapping[str, str], state: State) -> dict[str, str]:
    """Bring the database up to date, and make the demonstration's account where that is allowed."""
    Path(environment["PROPRUNN_BACKEND_FOLDER"]).mkdir(parents=True, exist_ok=True)
    file = state.folder / ACCOUNT_FILE
    wanted = [str(file)] if environment["PROPRUNN_BACKEND_DEMO"] == "yes" else []
    password = {"DEMO_PASSWORD": state.keys["demo_password"][:16]}
    command = [sys.executable, "-m", "backend.up.prepare", *wanted]
    done = subprocess.run(
        command, env={**environment, **password}, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolError(f"the backend could not be prepared:\n{(done.stderr or done.stdout)[-2000:]}")
    return account_of(state.folder) if wanted else {}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.up", description="Start the workspace on loopback.")
    parser.add_argument("--folder", type=Path, default=usual_folder(), help="where it keeps everything (%(default)s)")
    parser.add_argument("--port", type=int, default=8100, help="of pages and API (%(default)s)")
    parser.add_argument("--service-port", type=int, default=8101, help="of the hardware service (%(default)s)")
    parser.add_argument("--learning-port", type=int, default=8102, help="of the learning service (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="jobs side by side (%(default)s)")
    parser.add_argument(
        "--then", metavar="COMMAND", help="run it once all is up, with PROPRUNN_URL and PROPRUNN_TOKEN set"
    )
    keep = "stay after the command of --then (default), or end with its status"
    parser.add_argument("--keep", action=argparse.BooleanOptionalAction, default=True, help=keep)
    parser.add_argument(
        "--sample",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="give an empty sample project its content (default)",
    )
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ProPruNNError as problem:
        sys.exit(f"error: {problem}")

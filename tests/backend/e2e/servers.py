"""PostgreSQL and Redis as Debian packages them, as processes of a test's own on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.backend.e2e.stack import free_port, until

PASSWORD = "0123456789abcdef"


@dataclass
class Server:
    """A server that can be killed and started again at the same address."""

    command: list[str]
    port: int
    log: Path
    last_signal: int = signal.SIGKILL
    _popen: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(self.command, stdout=log, stderr=log)
        until(self._listens, 60)

    def _listens(self) -> bool:
        assert self._popen is not None
        assert self._popen.poll() is None, self.log.read_text()
        with socket.socket() as found:
            return found.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """At once, without caring for anybody."""
        if self._popen is not None:
            self._popen.send_signal(self.last_signal)
            self._popen.wait(30)


@contextmanager
def postgresql() -> Iterator[tuple[Server, str]]:
    """An empty cluster, and its address. PostgreSQL refuses to run as root: then it runs as the account `postgres`."""
    (binaries,) = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    folder, port = Path(tempfile.mkdtemp(prefix="proprunn-pg-")), free_port()
    try:
        (folder / "password").write_text(PASSWORD)
        if account:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        login = ["--username=proprunn", f"--pwfile={folder}/password", "--auth=scram-sha-256"]
        cluster = str(folder / "cluster")
        subprocess.run([*account, str(binaries / "initdb"), "-D", cluster, *login], check=True, capture_output=True)
        listen = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        command = [*account, str(binaries / "postgres"), "-D", cluster, "-p", str(port), *listen]
        # Immediate shutdown, as after a crash; children end too.
        server = Server(command, port, folder.with_suffix(".log"), signal.SIGQUIT)
        server.start()
        try:
            yield server, f"postgresql://proprunn:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)


@contextmanager
def redis(folder: Path) -> Iterator[tuple[Server, str]]:
    """An empty one that keeps nothing, and its address."""
    port = free_port()
    options = [
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--dir",
        str(folder),
        "--requirepass",
        PASSWORD,
    ]
    server = Server(["redis-server", *options], port, folder / "redis.log")
    server.start()
    try:
        yield server, f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    finally:
        server.stop()

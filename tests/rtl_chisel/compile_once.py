"""A C++ compiler that keeps its objects by content; the specs' simulators share most of theirs.

Verilator's makefile puts it before the compiler (`OBJCACHE`): `compile_once.py g++ ... -c -o X.o X.cpp`.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hwservice.content_cache import cached_folder, digest_of


def main(command: Sequence[str]) -> int:
    """Compile, or copy the object that the same text gave before; return the compiler's status."""
    if "-c" not in command or "-o" not in command or "-E" in command:
        return subprocess.run(command, check=False).returncode
    output = Path(command[command.index("-o") + 1])
    text = subprocess.run(_preprocessing(command), stdout=subprocess.PIPE, check=False)
    if text.returncode != 0:
        return text.returncode
    digest = digest_of([shutil.which(command[0]) or "", *_options(command), text.stdout])

    def build(folder: Path) -> None:
        subprocess.run(command, check=True)
        shutil.copy(output, folder / "object")

    try:
        shutil.copy(cached_folder("objects", digest, build) / "object", output)
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


def _preprocessing(command: Sequence[str]) -> list[str]:
    output = command.index("-o")
    rest = [*command[:output], *command[output + 2 :]]
    return [*(part for part in rest if part not in {"-c", "-MMD"}), "-E", "-P"]


def _options(command: Sequence[str]) -> list[str]:
    """What changes the object besides the preprocessed text."""
    return [part for part in command if part.startswith(("-O", "-f", "-m", "-std", "-g", "-W"))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

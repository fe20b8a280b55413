"""From an accelerator description to Verilog: sbt runs the Chisel generator as a subprocess, cached by content."""

import fcntl
import threading
from pathlib import Path

from contracts.accelerator import Accelerator
from contracts.cache import cache_directory
from contracts.errors import AcceleratorError, ToolError
from hwservice.content_cache import cached_folder, digest_of
from hwservice.processes import LineHandler, run_tool
from hwservice.toolchain import RTL_DIRECTORY, sbt_command

VERILOG_NAME = "Accelerator.sv"


def generator_sources() -> list[Path]:
    """Every file that the Verilog follows from."""
    return [
        *sorted((RTL_DIRECTORY / "src/main").rglob("*.scala")),
        RTL_DIRECTORY / "build.sbt",
        RTL_DIRECTORY / "project/build.properties",
    ]


def elaborate(
    accelerator: Accelerator,
    *,
    assertions: bool = False,
    simulation: bool = False,
    progress: LineHandler | None = None,
    cancel: threading.Event | None = None,
) -> Path:
    """The accelerator's SystemVerilog file; elaborated the first time (about 20 s), then taken from the cache.

    Args:
        accelerator: what to generate; two with equal hardware parameters share one file.
        assertions: keep the modules' assertions in the Verilog.
        simulation: the same registers, memories and pins as Verilator simulates them fastest; not for synthesis.
        progress: called with each line that sbt prints.
        cancel: set it to end sbt.

    Raises:
        AcceleratorError: a `require` of the generator refused the parameters; the message is its own.
        ToolError: sbt or the JDK failed.
    """
    digest = digest_of(
        ["rtl", str(assertions), str(simulation), repr(sorted(accelerator.hardware().items())), *generator_sources()]
    )

    def build(folder: Path) -> None:
        description = folder / "accelerator.json"
        description.write_text(accelerator.to_json())
        options = " --assertions" * assertions + " --simulation" * simulation
        command = sbt_command([f"runMain proprunn.config.Elaborate {description} {folder}{options}"])
        with (cache_directory() / "sbt.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                run_tool(command, cwd=RTL_DIRECTORY, on_line=progress, cancel=cancel)
            except ToolError as error:
                raise _explained(error) from error
        if not (folder / VERILOG_NAME).is_file():
            raise ToolError(f"the generator wrote no {VERILOG_NAME}")

    return cached_folder("rtl", digest, build) / VERILOG_NAME


def _explained(error: ToolError) -> Exception:
    """Chisel's own message where there is one, otherwise the whole end of sbt's output."""
    for line in str(error).splitlines():
        text = line.removeprefix("[error] ").strip()
        if text.startswith("error: "):
            return AcceleratorError(text.removeprefix("error: "))
    return error

"""Compiled networks, kept by the content of everything they follow from."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import contracts
import hwservice
from contracts.cache import cache_directory
from contracts.errors import NetworkError
from hwservice.content_cache import cached_folder, digest_of
from hwservice.ir.program import Program
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.run import codec
from hwservice.run.request import CompileRequest

MAXIMUM_NETWORK_BYTES: Final = 1 << 30
KEPT_FOLDER: Final = "compiled"
_LATER: Final = ("api", "jobs", "cli", "simulators", "energy", "run")
_EXTERNAL: Final = re.compile(rb"\x0a\x08location\x12(?:([\x01-\x7f])|([\x80-\xff])([\x01-\x7f]))", re.DOTALL)


@dataclass(frozen=True, eq=False)
class CompiledNetwork:
    """The integer network, the program made of it, and how far the integers are from the reals."""

    network: QuantisedNetwork
    program: Program
    float_error: Mapping[str, float]
    """`greatest`, `mean`, `sqnr_db` of the integer outputs against the float ones, on so many `images`."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A compiled network, and what it took this time."""

    content: CompiledNetwork
    seconds: float
    recalled: bool

    def to_mapping(self) -> dict[str, Any]:
        """What a user wants to know of a compilation."""
        program = self.content.program
        return {
            "network": program.name,
            "accelerator": program.accelerator.name,
            "instructions": program.instruction_count,
            "image_bytes": len(program.image),
            "dram_bytes": program.dram_bytes,
            "macs": program.macs,
            "vectors": sum(mark.vectors for mark in program.marks),
            "bound_cycles": sum(mark.bound_cycles for mark in program.marks),
            "layers": len(program.marks),
            "compile_s": self.seconds,
            "compiled_before": self.recalled,
            "quantisation": dict(self.content.network.quantisation),
            "float_error": dict(self.content.float_error),
            "notes": list(program.notes),
        }


def network_digest(path: Path) -> str:
    """SHA-256 over a network file and the weight files it names.

    Raises:
        NetworkError: no such file, an empty one, or one that is too large.
    """
    data = read_network(path)
    total = hashlib.sha256(data)
    for place in sorted(_external_places(data)):
        file = path.parent / place
        if file.is_file() and file.resolve().is_relative_to(path.parent.resolve()):
            total.update(f"\n{place}\n{file.stat().st_size}\n".encode())
            with file.open("rb") as opened:
                total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()


def read_network(path: Path) -> bytes:
    """The bytes of a network file.

    Raises:
        NetworkError: no such file, an empty one, or one that is too large.
    """
    try:
        size = path.stat().st_size
        if size > MAXIMUM_NETWORK_BYTES:
            raise NetworkError(f"{path} has {size} bytes; at most {MAXIMUM_NETWORK_BYTES} are read")
        data = path.read_bytes()
    except OSError as error:
        raise NetworkError(f"{path} cannot be read: {error.strerror}") from error
    if not data:
        raise NetworkError(f"{path} is empty; it must be an ONNX file")
    return data


def _external_places(data: bytes) -> set[str]:
    """Names of external weight files, found without parsing; one too many does no harm."""
    places = set()
    for match in _EXTERNAL.finditer(data):
        one, low, high = match.groups()
        size = one[0] if one else (low[0] & 0x7F) | high[0] << 7
        places.add(data[match.end() : match.end() + size].decode(errors="replace").replace("\0", ""))
    return places


def compiled_key(request: CompileRequest) -> str:
    """Digest of the network, the calibration data, the options, the accelerator and the code that compiles."""
    calibration = request.calibration.read_bytes() if request.calibration else b"random"
    parts = (
        "compiled",
        code_digest(),
        network_digest(request.network),
        request.network.stem,
        calibration,
        repr(request.quantise),
        repr(request.dims),
        request.accelerator.to_json(),
    )
    return digest_of(parts)


@cache
def code_digest() -> str:
    """Digest of all code that a program follows from."""
    packages = [Path(package.__path__[0]) for package in (contracts, hwservice)]
    files = [file for package in packages for file in sorted(package.rglob("*.py")) if _counts(file, package)]
    return digest_of(files)


def _counts(file: Path, package: Path) -> bool:
    return file.relative_to(package).parts[0] not in _LATER


def recall(key: str) -> CompiledNetwork | None:
    """What was kept under that key, or None."""
    folder = cache_directory() / KEPT_FOLDER / key
    if not folder.is_dir():
        return None
    return CompiledNetwork(*codec.load(folder))


def keep(key: str, content: CompiledNetwork) -> CompiledNetwork:
    """Keep it for the next time, and return it."""
    cached_folder(
        KEPT_FOLDER,
        key,
        lambda folder: codec.save((content.network, content.program, dict(content.float_error)), folder),
    )
    return content

"""Let the published torch run on a machine without NVIDIA's libraries.

On x86_64 Linux the torch wheel is linked against CUDA libraries of 3 GB that a machine without a GPU never calls.
`train-cpu.txt` leaves them out; this script puts small stand-ins in their place, so that the dynamic linker finds every
name that torch's libraries import from them. Each stand-in function returns 1, which CUDA's libraries read as an error.
The CUDA runtime itself is the real one: it reports that there is no driver, so torch never gets as far as a stand-in.

Run by `make setup` after the wheels are installed; needs a C compiler and `readelf`. `PROPRUNN_TORCH=cuda make setup`
installs the real libraries instead.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from sysconfig import get_path
from tempfile import TemporaryDirectory
from typing import Final

# Library (a glob over what torch asks for) and the names that belong to it.
OWNERS: Final = {
    "libcublas.so": r"cublas(?!Lt)",
    "libcublasLt.so": r"cublasLt",
    "libcudnn.so": r"cudnn",
    "libcufft.so": r"cufft",
    "libcufile.so": r"cuFile",
    "libcusparse.so": r"cusparse(?!Lt)",
    "libcusparseLt.so": r"cusparseLt",
    "libnccl.so": r"p?nccl",
    "libnvrtc.so": r"nvrtc",
    "libnvshmem_host.so": r"nvshmem",
}
Symbol = tuple[str, str]
"""A name and its version, which is empty where it has none."""


def needed_libraries(library: Path) -> set[str]:
    """The sonames that a shared library asks for."""
    said = _run("readelf", "--wide", "--dynamic", str(library))
    return set(re.findall(r"\(NEEDED\).*\[(.+?)\]", said))


def undefined_symbols(library: Path) -> set[Symbol]:
    """The names that a shared library imports."""
    said = _run("readelf", "--wide", "--dyn-syms", str(library))
    found = re.findall(r" UND +([^\s@]+)(?:@+(\S+))?", said)
    return {(name, version) for name, version in found}


def symbols_of(soname: str, imported: set[Symbol]) -> set[Symbol]:
    """The imported names that belong to the library `soname`."""
    owner = re.compile(OWNERS[soname.partition(".so")[0] + ".so"])
    return {symbol for symbol in imported if owner.match(symbol[0])}


def write_standin(target: Path, symbols: set[Symbol]) -> None:
    """Compile a library that defines the symbols, each under its version."""
    names = sorted({name for name, _ in symbols})
    versions: defaultdict[str, list[str]] = defaultdict(list)
    for name, version in sorted(symbols):
        if version:
            versions[version].append(name)
    with TemporaryDirectory() as folder:
        source, script = Path(folder) / "standin.c", Path(folder) / "versions.map"
        source.write_text("".join(f"int {name}(void) {{ return 1; }}\n" for name in names))
        script.write_text("".join(f"{version} {{ global: {'; '.join(of)}; }};\n" for version, of in versions.items()))
        options = [f"-Wl,--version-script={script}"] if versions else []
        _run("cc", "-shared", "-fPIC", f"-Wl,-soname,{target.name}", *options, "-o", str(target), str(source))


def main() -> None:
    """Write the stand-ins that the installed torch lacks into the folder where it looks for CUDA's libraries."""
    packages = Path(get_path("purelib"))
    libraries = sorted((packages / "torch" / "lib").glob("*.so"))
    folders = sorted((packages / "nvidia").glob("cu[0-9]*/lib"))
    if not libraries or not folders:
        return  # no torch, or one built without CUDA
    needed: set[str] = set().union(*map(needed_libraries, libraries))
    imported: set[Symbol] = set().union(*map(undefined_symbols, libraries))
    present = {path.name for path in (packages / "nvidia").glob("*/lib/*.so*")}
    lacking = sorted(name for name in needed - present if name.partition(".so")[0] + ".so" in OWNERS)
    for soname in lacking:
        write_standin(folders[0] / soname, symbols_of(soname, imported))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()

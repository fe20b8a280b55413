#!/usr/bin/env bash
# Create .venv with the locked dependencies; does nothing when they are there already. Started by `make setup`.
#
# install.sh tests         also what only the tests need: a browser, PostgreSQL and Redis
# PROPRUNN_TORCH=cpu|cuda  which torch to install (default: cuda where an NVIDIA driver is loaded, else cpu)
# PYTHON=...               the interpreter to build .venv from (default: python3.11, else python3; 3.11 or newer)
set -euo pipefail
cd "$(dirname "$0")/.."

for_tests=${1:-}
flavour=${PROPRUNN_TORCH:-}
if [ -z "$flavour" ]; then
    if [ -e /proc/driver/nvidia/version ]; then flavour=cuda; else flavour=cpu; fi
fi
case $flavour in
cpu) locks="requirements/dev.txt requirements/train-cpu.txt" ;;
cuda) locks="requirements/dev.txt requirements/train.txt" ;;
*) echo "PROPRUNN_TORCH is '$flavour': say cpu or cuda" >&2; exit 2 ;;
esac

# What a Debian-like machine may lack: a command that tells whether it is there, and the package that brings it.
python=${PYTHON:-$(command -v python3.11 || command -v python3 || true)}
missing_packages() {
    command -v java >/dev/null || java_package
    command -v g++ >/dev/null || echo g++
    command -v clang++ >/dev/null || echo clang
    command -v make >/dev/null || echo make
    command -v git >/dev/null || echo git
    perl -MPod::Usage -e 1 2>/dev/null || echo perl # Debian's perl-base is not enough for Verilator
    if [ "$for_tests" = tests ]; then packages_of_tests; fi
    if [ -z "$python" ]; then echo python3 python3-venv; return; fi
    [ -x .venv/bin/python ] || "$python" -c 'import ensurepip' 2>/dev/null || echo python3-venv
    libpython
}
packages_of_tests() {
    command -v chromium >/dev/null || echo chromium
    command -v redis-server >/dev/null || echo redis-server
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || echo postgresql
}
# cocotb runs Python inside the simulator, for which it needs Python as a shared library.
libpython() {
    "$python" - <<'END' || "$python" -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])'
import ctypes, pathlib, sys, sysconfig
folder, name = (sysconfig.get_config_var(variable) for variable in ("LIBDIR", "INSTSONAME"))
if pathlib.Path(folder, name).is_file():
    sys.exit(0)
try:
    ctypes.CDLL(name)
except OSError:
    sys.exit(1)
END
}
java_package() {
    if apt-cache show openjdk-17-jdk-headless >/dev/null 2>&1; then echo openjdk-17-jdk-headless
    else echo default-jdk-headless; fi
}
install_packages() {
    local root=()
    if [ "$(id -u)" != 0 ]; then root=(sudo -n); fi
    if ! command -v apt-get >/dev/null; then
        echo "This machine lacks: $*. Install JDK 17 or newer, g++ 11 or newer (clang 14 or newer beside it makes faster simulators), make, git, perl and Python 3.11, then try again." >&2
        exit 1
    fi
    echo "Installing $* ..."
    if ! "${root[@]}" apt-get update -qq </dev/null ||
        ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null; then
        echo "Could not install: $*. Run this, then try again:  sudo apt-get install $*" >&2
        exit 1
    fi
}

# Twice at most: which further packages Python needs is known once it is there.
for _ in 1 2; do
    if command -v apt-get >/dev/null && [ ! -x .venv/bin/python ] && ! apt-cache show make >/dev/null 2>&1; then
        apt-get update -qq </dev/null 2>/dev/null || true # without lists, java_package cannot choose
    fi
    lacking=$(missing_packages)
    [ -n "$lacking" ] || break
    # shellcheck disable=SC2086 # one word per package
    install_packages $lacking
    python=${python:-$(command -v python3)}
done
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "$python is older than Python 3.11: install python3.11 or set PYTHON" >&2
    exit 1
}

stamp=.venv/.installed
# shellcheck disable=SC2086
wanted="$flavour $({ cat requirements/install.sh requirements/uv.txt $locks; sed '/^\[tool\.ruff\]/,$d' pyproject.toml; } | sha256sum | cut -d' ' -f1)"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

# Nice to have: real images for the demonstration. Without it, they are downloaded or replaced by scikit-learn's digits.
images=dataset-fashion-mnist
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ ! -d /usr/share/datasets/fashion-mnist ]; then
    apt-cache show "$images" >/dev/null 2>&1 || apt-get update -qq </dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$images" </dev/null >/dev/null 2>&1 ||
        echo "The package $images could not be installed; the demonstration finds other images."
fi

echo "Installing the locked Python packages into .venv (torch: $flavour) ..."
rm -f "$stamp"
.venv/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
# Compiled once here: importing torch uncompiled takes 14 s wherever Python may not write its caches.
# shellcheck disable=SC2086
.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode $locks
if [ "$flavour" = cpu ]; then .venv/bin/python requirements/cuda_standins.py; fi
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
.venv/bin/python -m hwservice.toolchain
echo "$wanted" >"$stamp"

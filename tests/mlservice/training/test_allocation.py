"""Memory that is freed and asked for again comes without the system's help."""

import subprocess
import sys

import pytest

ROUNDS = """
import resource
import sys
from mlservice.training.allocation import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()

def round_of_maps():
    maps = [bytearray(b"1") * (8 << 20) for _ in range(8)]

round_of_maps()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    round_of_maps()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", ROUNDS, how], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_maps_that_are_freed_and_asked_for_again_stay_with_the_process() -> None:
    assert faults("keep") < faults("give back") / 10

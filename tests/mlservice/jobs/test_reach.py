"""What is reachable, asked by several at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contracts.accelerator import PRESETS
from mlservice.jobs.reach import Asked, reach
from mlservice.predictors.registry import Registry


def test_several_may_ask_at_once(tmp_path: Path) -> None:
    sizes = [(1, size, size) for size in (16, 20, 24, 28, 32, 36)]
    asked = [Asked("resnet20", size, 10, PRESETS["pynq-8x32"], "expert") for size in sizes]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda one: reach(one, Registry(tmp_path)), asked))
    dense = [rows[-1].costs["latency_ms"] for rows in found]
    assert dense == sorted(dense)

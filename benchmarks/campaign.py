"""How fast a campaign of ResNet-8 class is, compile included, and whether its memory grows.

    python -m benchmarks.campaign [ROWS]

The rate counts rows a minute as they came. Processor time a row is what remains comparable on a busy machine: a quiet one does
`processors * 60 / processor time` rows a minute.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from hwservice.campaign.definition import Campaign, campaign_from
from hwservice.campaign.runner import Progress, run_campaign

BATCHES = 4


def definition(rows: int) -> Campaign:
    part = {"family": "resnet", "count": rows, "inputs": [[3, 32, 32]], "unequal": 0.3, "vectors": 0.2}
    return campaign_from({"name": "rate", "accelerators": ["pynq-8x32"], "part": [part], "check": 0.0}, Path())


def main(rows: int) -> None:
    peaks: list[float] = []

    def report(progress: Progress) -> None:
        if progress.rows * BATCHES // rows > len(peaks):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    with tempfile.TemporaryDirectory() as folder:
        run_campaign(definition(8), Path(folder) / "warm")  # the simulator is built, files are in memory
        before, started = os.times(), time.perf_counter()
        done = run_campaign(definition(rows), Path(folder) / "out", report=report)
        after, wall = os.times(), time.perf_counter() - started
    own = after.user + after.system - before.user - before.system
    workers = after.children_user + after.children_system - before.children_user - before.children_system
    cores = len(os.sched_getaffinity(0))
    each = (own + workers) / done.rows
    print(
        f"{done.rows} rows in {wall:.1f} s: {60 * done.rows / wall:.0f} a minute on {cores} processors, starting included"
    )
    print(f"processor time a row: {1000 * each:.0f} ms, so {60 * cores / each:.0f} a minute where nothing else runs")
    print(f"peak memory of the campaign's process at each quarter: {', '.join(f'{p:.0f}' for p in peaks)} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)

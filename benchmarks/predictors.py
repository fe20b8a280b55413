"""How long a batch of 1,000 queries takes: `python -m benchmarks.predictors --data datasets/sample`.

Widths of a ResNet-8 on one accelerator, as a search or a training's loss asks for them: features, values, intervals and the word on whether
a network is like those fitted to. Processor time and wall time of one thread, the median of several batches. The exit status is 1 where a
learned predictor takes longer than the limit.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from contracts.accelerator import PRESETS
from contracts.structure.counts import Counts, counts_of
from contracts.structure.facts import Foreteller
from contracts.structure.families import FAMILIES
from contracts.structure.passes import passes_of
from mlservice.predictors.batch import Batch
from mlservice.predictors.fit import Trained
from mlservice.predictors.kinds import KINDS
from mlservice.predictors.rows import load
from mlservice.predictors.targets import Target

QUERIES: Final = 1000
LIMIT_MS: Final = 50.0
_TIMES: Final = 9


def widths(seed: int) -> tuple[Foreteller, Counts]:
    """A ResNet-8, and a thousand ways to leave channels out of the inside of its blocks."""
    passes = passes_of(FAMILIES["resnet"]((3, 32, 32)))
    counts = counts_of([passes] * QUERIES)
    rng = np.random.default_rng(seed)
    for at, found in enumerate(passes.passes[:-1]):
        reader = next((k for k, p in enumerate(passes.passes) if found.name in p.reads), None)
        if not found.name.endswith("conv1") or reader is None:
            continue
        kept = rng.integers(1, counts.filters[0, at] + 1, QUERIES)
        counts.filters[:, at] = counts.live[:, at] = counts.channels[:, reader] = kept
    return Foreteller(passes, PRESETS["pynq-8x32"]), counts


def main() -> int:
    """Print a line for each kind; 1 where one is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a data set to fit to")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    options = parser.parse_args()
    foreteller, counts = widths(0)
    rows = load(options.data)
    late = False
    print(f"{QUERIES} queries, load {os.getloadavg()[0]:.1f}; limit {LIMIT_MS:g} ms")
    for kind in options.kinds:
        trained = Trained.fit(kind, rows, Target.LATENCY)
        trained.predict(Batch.at(foreteller, counts))
        features, everything, walls = [], [], []
        for _ in range(_TIMES):
            start, wall = time.process_time(), time.perf_counter()
            batch = Batch.at(foreteller, counts)
            features.append((time.process_time() - start) * 1e3)
            trained.predict(batch)
            everything.append((time.process_time() - start) * 1e3)
            walls.append((time.perf_counter() - wall) * 1e3)
        took = statistics.median(everything)
        late |= took > LIMIT_MS
        print(
            f"{kind:14} {took:6.1f} ms of a processor, features {statistics.median(features):5.1f} ms,"
            f" wall {statistics.median(walls):6.1f} ms (least {min(walls):.1f})",
            flush=True,
        )
    return int(late)


if __name__ == "__main__":
    sys.exit(main())

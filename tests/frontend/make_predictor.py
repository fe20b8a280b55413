"""Fit the predictor that pages and API are tested with, of few trees: `python -m tests.frontend.make_predictor`."""

import shutil
import tempfile
from pathlib import Path

from contracts.job import JobKind
from mlservice.jobs.kinds import HANDLERS
from mlservice.predictors import boosted
from mlservice.predictors.boosted import Growth
from mlservice.predictors.kinds import USUAL

DATA = Path(__file__).parent / "data/predictor"
SAMPLE = Path("datasets/sample")


def main() -> None:
    """As a job of the learning service does it; card and evaluation are kept."""
    DATA.mkdir(exist_ok=True)
    boosted.NETWORK_GROWTH = Growth(iterations=120, depth=5, learning_rate=0.15)  # type: ignore[misc]  # for this process
    with tempfile.TemporaryDirectory() as folder:
        options = {"networks_path": str(SAMPLE / "networks.parquet"), "layers_path": str(SAMPLE / "layers.parquet")}
        options |= {"name": "board", "kind": "hybrid", "target": "latency", "split": "random", "registry": folder}
        wanted = {**options, "seed": 0, "compare": list(USUAL), "curve": True}
        HANDLERS[JobKind.FIT_PREDICTOR](wanted, Path(folder), print)
        for name in ("predictor.json", "evaluation.json"):
            shutil.copy(Path(folder) / name, DATA / name)


if __name__ == "__main__":
    main()

"""Image data sets for training, each with the words that say where it came from."""

from mlservice.datasets.catalogue import NAMES, load, named
from mlservice.datasets.dataset import Dataset, Split, as_input
from mlservice.datasets.idx import IdxError, read_idx
from mlservice.datasets.pixels import Pixels

__all__ = ["NAMES", "Dataset", "IdxError", "Pixels", "Split", "as_input", "load", "named", "read_idx"]

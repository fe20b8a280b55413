"""Image data sets for training, each with the words that say where it came from."""

from mlservice.datasets.catalogue import load, named
from mlservice.datasets.dataset import Dataset, Split, as_input
from mlservice.datasets.idx import IdxError, read_idx

__all__ = ["Dataset", "IdxError", "Split", "as_input", "load", "named", "read_idx"]

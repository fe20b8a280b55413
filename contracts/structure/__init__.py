"""What a network's cost follows from: its structure, without weights. Both services describe networks by it.

`families` makes structures, `shrink` leaves channels out, `facts` tells how an accelerator runs one, without compiling.
"""

from contracts.structure.layer import INPUT, Layer, Size, VectorPruning, Wire
from contracts.structure.structure import Structure

__all__ = ["INPUT", "Layer", "Size", "Structure", "VectorPruning", "Wire"]

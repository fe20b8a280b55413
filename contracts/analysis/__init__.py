"""What a measurement says: where each layer's cycles went, what bounds it, and the one change that would help most."""

from contracts.analysis.analyse import Analysis, LayerAnalysis, analyse
from contracts.analysis.breakdown import BUSY, CAUSES, breakdown
from contracts.analysis.changes import Change
from contracts.analysis.names import short_names
from contracts.analysis.roofline import Point, Roofline, roofline

__all__ = [
    "BUSY",
    "CAUSES",
    "Analysis",
    "Change",
    "LayerAnalysis",
    "Point",
    "Roofline",
    "analyse",
    "breakdown",
    "roofline",
    "short_names",
]

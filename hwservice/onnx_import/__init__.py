"""From an ONNX file to the float network: the gate, the reader, and one handler per operator."""

from hwservice.onnx_import.reader import read_network

__all__ = ["read_network"]

"""The hardware side: ONNX in, a program for the accelerator, and figures measured on its RTL."""

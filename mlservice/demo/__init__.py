"""From images to a report: train a small network, run it on the accelerator, and say what it costs."""

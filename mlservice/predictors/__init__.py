"""Predictors of what a network costs on an accelerator: `Batch` in, `Predictions` with intervals out."""

"""The service: predictors and training sessions over HTTP, with jobs and events."""

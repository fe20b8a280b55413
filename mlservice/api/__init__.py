"""The service: predictors over HTTP, with jobs and events; training and pruning join it as kinds of jobs."""

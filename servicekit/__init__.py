"""What makes a service of ours: jobs that run in limited subprocesses, and the parts of an API that all services share."""

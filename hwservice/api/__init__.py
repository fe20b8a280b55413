"""The service: everything the command line does, over HTTP, with jobs and events."""

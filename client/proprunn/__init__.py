"""Python client and command line of the public API."""

"""The command line of the learning side."""

"""`python -m mlservice`: see `--help`."""

import sys

from mlservice.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

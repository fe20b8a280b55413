"""`python -m hwservice`: see `--help`."""

import sys

from hwservice.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m guerdon`: what ./guerdon becomes once the virtual environment is ready."""

import sys

from guerdon.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

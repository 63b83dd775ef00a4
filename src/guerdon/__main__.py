"""`python -m guerdon`: what ./guerdon becomes once the virtual environment is ready."""

import sys


def _main() -> int:
    try:
        # In here, so that Ctrl-C is answered as quietly before a command is loaded as afterwards.
        from guerdon.cli import main  # noqa: PLC0415

        return main(sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(_main())

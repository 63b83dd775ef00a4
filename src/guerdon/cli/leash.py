"""Ties a child to its parent, then becomes the program that was meant: `leash.py PARENT PROGRAM ...`.

A parent that is killed hard cannot stop anybody any more, so the kernel does: the child is told to stop
(SIGTERM) the moment its parent is gone. Only Linux knows how; elsewhere the child just starts.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, program: list[str]) -> None:
    """Put on the leash and become the program; ends here when the parent is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        # Whoever died before the kernel was asked has no signal sent for them.
        if os.getppid() != parent:
            return
    os.execv(sys.executable, [sys.executable, *program])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

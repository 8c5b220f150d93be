"""What the command says on standard error."""

from __future__ import annotations

import sys
from contextlib import suppress

from .._text import shown

# In characters: a path, a place and a problem.
LONGEST_COMPLAINT = 2000


def complain(problem: str) -> None:
    """Say in one line what is wrong. If that cannot be written, only the exit code tells it."""
    try:
        sys.stdout.flush()  # what could be read comes before the complaint
    except BrokenPipeError:
        raise
    except OSError:
        pass  # perhaps that is the very problem
    with suppress(OSError):
        print(f"rref-proto: {shown(problem, LONGEST_COMPLAINT)}", file=sys.stderr)

"""The command: its parser, its exit codes, and what it says when something is wrong."""

from __future__ import annotations

import argparse
import io
import os
import sys

from .._version import __version__
from ..errors import RRefProtoError
from . import convert, ledger, merge, show, waiting
from .arguments import FAILED, WRONG_CALL, WrongCallError
from .complaint import complain

INTERRUPTED = 130
SUBCOMMANDS = (show, ledger, waiting, merge, convert)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0, 1 for a bad file or a leak. A wrong call exits 2.

    Prints one line on standard error for whatever is wrong with a file.
    """
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for a terminal that knows less
    try:
        return _run(options)
    except BrokenPipeError:
        # The program that reads our output has closed the pipe. Python would complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    """Run the subcommand that the call names, and say in one line what is wrong with a file."""
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except WrongCallError as error:
        complain(str(error))
        sys.exit(WRONG_CALL)
    except (RRefProtoError, OSError) as error:
        complain(str(error))
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rref-proto",
        description="PyTorch's RRef protocol: look at recordings, convert messages.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for subcommand in SUBCOMMANDS:
        subcommand.add_to(commands)
    return parser

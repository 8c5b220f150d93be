"""The command: its parser, its exit codes, and what it says when something is wrong."""

from __future__ import annotations

import io
import sys

from .._version import __version__
from ..errors import RRefProtoError
from . import convert, ledger, merge, show, waiting
from .arguments import FAILED, WRONG_CALL, ArgumentParser, WrongCallError
from .complaint import complain
from .streams import discard_unwritten, replace_closed_streams

INTERRUPTED = 130
SUBCOMMANDS = (show, ledger, waiting, merge, convert)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0, 1 for a bad file or a leak. A wrong call exits 2.

    Prints one line on standard error for whatever is wrong with a file.
    """
    replace_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for a terminal that knows less
    try:
        return _run(arguments)
    except BrokenPipeError:  # the program that reads our output has closed the pipe
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        discard_unwritten()


def _run(arguments: list[str] | None) -> int:
    """Run the subcommand that the call names, and say in one line what is wrong with a file."""
    try:
        code = _call(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except WrongCallError as error:
        complain(str(error))
        sys.exit(WRONG_CALL)
    except (RRefProtoError, OSError) as error:
        complain(str(error))
        return FAILED
    return code


def _call(arguments: list[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit:
        sys.stdout.flush()  # of --help and --version, which exit, argparse notices no failure
        raise
    code: int = options.run(options)
    return code


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="rref-proto",
        description="PyTorch's RRef protocol: look at recordings, convert messages.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for subcommand in SUBCOMMANDS:
        subcommand.add_to(commands)
    return parser

"""What the subcommands' calls have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

FAILED = 1
WRONG_CALL = 2

# What add_subparsers returns, for which argparse has no public name.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class WrongCallError(Exception):
    """The call asks for something that cannot be done with any files."""


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    """Add a subcommand that calls `run` and is described by `text`."""
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(run=run)
    return command


def add_recordings(command: argparse.ArgumentParser) -> None:
    """Let the call name recordings."""
    command.add_argument(
        "recordings",
        nargs="+",
        metavar="RECORDING",
        help="a .rref file; of several, the order is told by time and by request and response",
    )


def add_output(command: argparse.ArgumentParser) -> None:
    """Let the call name a file for the output."""
    command.add_argument("-o", "--output", default="-", help="a file; default: standard output")

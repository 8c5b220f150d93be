"""What the subcommands' calls have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from .._text import short_repr, shown
from ..message_type import MessageType
from ..rpc_command import CLASS_OF_TYPE
from .complaint import LONGEST_COMPLAINT

FAILED = 1
WRONG_CALL = 2

# What add_subparsers returns, for which argparse has no public name.
Commands: TypeAlias = "argparse._SubParsersAction[ArgumentParser]"


class WrongCallError(Exception):
    """The call asks for something that cannot be done with any files."""


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose messages are safe to print and short, whatever the arguments are."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the call, and exit."""
        self.print_usage(sys.stderr)
        self.exit(WRONG_CALL, f"{self.prog}: error: {shown(message, LONGEST_COMPLAINT)}\n")


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
    *,
    example: str,
) -> ArgumentParser:
    """Add a subcommand that calls `run`, is described by `text`, and is called as in `example`."""
    command = commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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


def read_message_type(text: str) -> MessageType:
    """Read a type of the call: a name (RREF_ACK), a class (RRefAck), or a number (0x20e)."""
    if text in _TYPE_OF_CLASS:
        return _TYPE_OF_CLASS[text]
    try:
        name = text.upper()
        return MessageType[name] if name in MessageType.__members__ else MessageType(int(text, 0))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected the name or the number of a MessageType, got {short_repr(text)}"
        ) from None


_TYPE_OF_CLASS = {cls.__name__: message_type for message_type, cls in CLASS_OF_TYPE.items()}

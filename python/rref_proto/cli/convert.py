"""`rref-proto decode` and `encode`: one message from one form into another."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from .. import libtorch
from .._text import short_repr
from .._wire import serialize
from ..errors import EncodeError
from ..message import Message
from ..message_type import MessageType
from ..tensor import Tensor
from ..v1 import message_pb2
from .arguments import Commands, WrongCallError, add_command, add_output
from .files import naming, open_output
from .names import counted
from .sources import open_input

LIBTORCH = "libtorch"
READERS: dict[str, Callable[[bytes], Message]] = {
    "protobuf": Message.FromString,
    "json": Message.from_json,
}
WRITERS: dict[str, Callable[[Message], bytes]] = {
    "protobuf": Message.SerializeToString,
    "json": lambda message: message.to_json(indent=2).encode() + b"\n",
}


def add_to(commands: Commands) -> None:
    """Add both subcommands, which differ in their defaults only."""
    for name, source, target, text in (
        ("decode", "protobuf", "json", "turn one message into something readable"),
        ("encode", "json", "protobuf", "turn one message into bytes"),
    ):
        convert = add_command(commands, name, run, text)
        convert.add_argument(
            "input", nargs="?", default="-", help="a file; default: standard input"
        )
        forms = (*READERS, LIBTORCH)
        convert.add_argument("--from", dest="source", choices=forms, default=source)
        convert.add_argument("--to", dest="target", choices=forms, default=target)
        convert.add_argument(
            "--type",
            type=_message_type,
            metavar="TYPE",
            help="the MessageType of a libtorch payload: RREF_USER_DELETE or 0x10b",
        )
        convert.add_argument(
            "--tensors",
            metavar="FILE",
            help="the tensors beside a libtorch payload: a protobuf Message that has no body",
        )
        add_output(convert)


def run(options: argparse.Namespace) -> int:
    """Convert the message that the call names; return the exit code."""
    read = READERS.get(options.source) or _libtorch_reader(options)
    with open_input(options.input) as file, naming(options.input):
        message = read(file.read())
    if options.target == LIBTORCH:
        outputs = _to_libtorch(message, options)
    else:
        outputs = {options.output: WRITERS[options.target](message)}
    with ExitStack() as stack:  # no file gets its name before all are written
        for path, content in outputs.items():
            stack.enter_context(open_output(path)).write(content)
    return 0


def _libtorch_reader(options: argparse.Namespace) -> Callable[[bytes], Message]:
    message_type: MessageType | None = options.type
    if message_type is None:
        raise WrongCallError("--from libtorch needs --type: a payload does not tell its type")
    if options.tensors == options.input == "-":
        raise WrongCallError("standard input cannot be the payload and the tensors")
    tensors = _read_tensors(options.tensors)
    return lambda payload: libtorch.from_payload(message_type, payload, tensors)


def _read_tensors(path: str | None) -> tuple[Tensor, ...]:
    if path is None:
        return ()
    with open_input(path) as file, naming(path):
        return Message.FromString(file.read()).tensors


def _to_libtorch(message: Message, options: argparse.Namespace) -> dict[str, bytes]:
    """Return the payload and, where the call names a file for them, the tensors, by their files."""
    native = libtorch.to_payload(message)
    if not options.tensors:
        if native.tensors:
            raise EncodeError(
                f"libtorch keeps {counted(len(native.tensors), 'tensor')} beside the payload: "
                "give --tensors FILE"
            )
        return {options.output: native.payload}
    if Path(options.tensors).absolute() == Path(options.output).absolute():
        raise WrongCallError("the payload and the tensors cannot be written to one file")
    table = message_pb2.Message()
    for tensor in native.tensors:
        tensor._to_proto(table.tensors.add())
    return {options.output: native.payload, options.tensors: serialize(table)}


def _message_type(text: str) -> MessageType:
    """Read --type: a name (RREF_ACK) or a number (0x20e) of MessageType."""
    try:
        name = text.upper()
        return MessageType[name] if name in MessageType.__members__ else MessageType(int(text, 0))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected the name or the number of a MessageType, got {short_repr(text)}"
        ) from None

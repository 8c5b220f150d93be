"""`rref-proto decode` and `encode`: one message from one form into another."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from .. import libtorch
from .._wire import serialize
from ..errors import EncodeError
from ..message import Message
from ..message_type import MessageType
from ..tensor import Tensor
from ..v1 import message_pb2
from .arguments import Commands, WrongCallError, add_command, add_output, read_message_type
from .files import naming
from .names import counted
from .outputs import check_no_terminal, open_output
from .sources import open_input

LIBTORCH, JSON = "libtorch", "json"
READERS: dict[str, Callable[[bytes], Message]] = {
    "protobuf": Message.FromString,
    JSON: Message.from_json,
}
WRITERS: dict[str, Callable[[Message], bytes]] = {
    "protobuf": Message.SerializeToString,
    JSON: lambda message: message.to_json(indent=2).encode() + b"\n",
}


def add_to(commands: Commands) -> None:
    """Add both subcommands, which differ in their defaults only."""
    for name, source, target, text, example in (
        (
            "decode",
            "protobuf",
            JSON,
            "turn one message into something readable",
            "rref-proto decode --from libtorch --type RREF_USER_DELETE payload.bin",
        ),
        (
            "encode",
            JSON,
            "protobuf",
            "turn one message into bytes",
            "rref-proto encode message.json -o message.bin",
        ),
    ):
        convert = add_command(commands, name, run, text, example=example)
        convert.add_argument(
            "input", nargs="?", default="-", help="a file; default: standard input"
        )
        forms = (*READERS, LIBTORCH)
        convert.add_argument("--from", dest="source", choices=forms, default=source)
        convert.add_argument("--to", dest="target", choices=forms, default=target)
        convert.add_argument(
            "--type",
            type=read_message_type,
            metavar="TYPE",
            help="the type of a libtorch payload: RREF_USER_DELETE, RRefUserDelete or 0x10b",
        )
        convert.add_argument(
            "--tensors",
            metavar="FILE",
            help="the tensors beside a libtorch payload: a protobuf Message that has no body",
        )
        add_output(convert)


def run(options: argparse.Namespace) -> int:
    """Convert the message that the call names; return the exit code."""
    is_text = options.target == JSON
    check_no_terminal(options.output, is_text=is_text)
    read = READERS.get(options.source) or _libtorch_reader(options)
    with open_input(options.input) as file, naming(options.input):
        message = read(file.read())
    if options.target == LIBTORCH:
        outputs = _to_libtorch(message, options)
    else:
        outputs = {options.output: WRITERS[options.target](message)}
    with ExitStack() as stack:  # no file gets its name before all are written
        for path, content in outputs.items():
            stack.enter_context(open_output(path, is_text=is_text)).write(content)
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

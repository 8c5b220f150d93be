"""The command rref-proto. All reading and writing of files is here."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import IO, cast

from google.protobuf import json_format
from google.protobuf.message import DecodeError as ProtobufDecodeError

from .. import libtorch
from .._check import INT64, check_int
from .._version import __version__
from ..errors import RRefProtoError
from ..ledger import Ledger
from ..message import Message, MessageType
from ..recording import SECOND, RecordedMessage, merge, read_recording, write_recording
from ..tensor import Tensor
from ..v1 import message_pb2, recording_pb2
from .report import Names, leak_lines, ledger_lines, mermaid_lines, printable, text_lines

FAILED = 1
INTERRUPTED = 130
PROGRESS = 1 << 16
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


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
        # Whoever read our output has enough. Python would complain when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    """Run the command that the call names, and say in one line what is wrong with a file."""
    problem: Exception
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except (RRefProtoError, OSError) as error:
        problem = error
    sys.stdout.flush()  # what could be read comes before the complaint
    print(f"rref-proto: {printable(str(problem))}", file=sys.stderr)
    return FAILED


class Recording:
    """A recording in a file, or on standard input ("-"), which can be read once only."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[RecordedMessage]:
        with _open(self.path) as file, _naming(self.path):
            yield from read_recording(file)


class Progress:
    """How far the reading of files has come, on a terminal: a bar on standard error."""

    def __init__(self, paths: list[str]) -> None:
        files = [Path(path) for path in paths if path != "-"]
        self.total = sum(file.stat().st_size for file in files if file.is_file())
        self.shown = bool(self.total) and sys.stderr.isatty()

    def of(self, records: Iterable[RecordedMessage]) -> Iterator[RecordedMessage]:
        """Give the records on, and draw the bar now and then."""
        if not self.shown:
            yield from records
            return
        size = 0
        try:
            for count, record in enumerate(records):
                size += sum(memoryview(part).nbytes for part in record.to_parts())
                if count % PROGRESS == 0:
                    self._draw(size)
                yield record
        finally:
            sys.stderr.write("\r\x1b[K")

    def _draw(self, size: int) -> None:
        share = min(1.0, size / self.total)
        sys.stderr.write(f"\r[{'#' * int(40 * share):<40}] {share:4.0%}")
        sys.stderr.flush()


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Name the file that an error is about."""
    try:
        yield
    except RRefProtoError as error:
        raise error.within(path) from None


def _open(path: str) -> IO[bytes]:
    return sys.stdin.buffer if path == "-" else cast(IO[bytes], Path(path).open("rb"))


def _records(options: argparse.Namespace) -> Iterator[RecordedMessage]:
    """Give the messages of all recordings of the call, in one order."""
    paths: list[str] = options.recordings
    for path in paths if len(paths) > 1 else ():
        if path == "-" or (Path(path).exists() and not Path(path).is_file()):
            raise RRefProtoError(f"expected files, since several are read twice, got {path}")
    return merge([Recording(path) for path in paths])


def _show(options: argparse.Namespace) -> int:
    for line in FORMATS[options.format](_records(options)):
        print(line)
    return 0


def _json_lines(records: Iterable[RecordedMessage]) -> Iterator[str]:
    for record in records:
        try:
            proto = recording_pb2.RecordedMessage.FromString(b"".join(record.to_parts()))
            yield json_format.MessageToJson(proto, indent=None)
        except (ProtobufDecodeError, json_format.Error) as error:  # noqa: PERF203 - nested too deep
            raise RRefProtoError(f"expected a message that JSON can say: {error}") from None


FORMATS: dict[str, Callable[[Iterable[RecordedMessage]], Iterator[str]]] = {
    "text": text_lines,
    "mermaid": mermaid_lines,
    "json": _json_lines,
}


def _ledger(options: argparse.Namespace) -> int:
    ledger, names, start = Ledger(), Names(), None
    for record in Progress(options.recordings).of(_records(options)):
        start = record.time if start is None else start
        if options.at is not None and record.time > options.at(start):
            continue
        names.learn(record)
        try:
            ledger.observe(record.from_worker_id, record.to_worker_id, record.message, record.time)
        except RRefProtoError as error:
            raise error.within(f"message at {record.time}") from None
    lines = leak_lines if options.leaks else ledger_lines
    for line in lines(ledger, names, start or 0):
        print(line)
    return FAILED if options.leaks and ledger.held() else 0


def _merge(options: argparse.Namespace) -> int:
    with _output(options) as file:
        write_recording(file, _records(options))
    return 0


def _convert(options: argparse.Namespace) -> int:
    """Turn one message from one form into another."""
    if options.source == "libtorch" and options.type is None:
        raise SystemExit(_wrong("--from libtorch needs --type: a payload does not tell its type"))
    if options.source == "libtorch":
        if options.tensors == options.input == "-":
            raise SystemExit(_wrong("standard input cannot be the payload and the tensors"))
        options.table = _read_tensors(options.tensors)
    with _open(options.input) as file, _naming(options.input):
        message = READERS[options.source](file.read(), options)
    output = WRITERS[options.target](message, options)
    with _output(options) as file:
        file.write(output)
    return 0


def _read_tensors(path: str | None) -> tuple[Tensor, ...]:
    """Read the tensors that stand beside a payload of libtorch's."""
    if path is None:
        return ()
    with _open(path) as file, _naming(path):
        return Message.FromString(file.read()).tensors


def _read_libtorch(encoded: bytes, options: argparse.Namespace) -> Message:
    return libtorch.from_payload(options.type, encoded, options.table)


def _write_libtorch(message: Message, options: argparse.Namespace) -> bytes:
    native = libtorch.to_payload(message)
    if native.tensors and not options.tensors:
        raise RRefProtoError(
            f"libtorch keeps {len(native.tensors)} tensors beside the payload: give --tensors FILE"
        )
    if options.tensors:
        table = message_pb2.Message()
        for tensor in native.tensors:
            tensor._fill(table.tensors.add())
        Path(options.tensors).write_bytes(table.SerializeToString())
    return native.payload


READERS: dict[str, Callable[[bytes, argparse.Namespace], Message]] = {
    "protobuf": lambda encoded, _: Message.FromString(encoded),
    "json": lambda encoded, _: Message.from_json(encoded),
    "libtorch": _read_libtorch,
}
WRITERS: dict[str, Callable[[Message, argparse.Namespace], bytes]] = {
    "protobuf": lambda message, _: message.SerializeToString(),
    "json": lambda message, _: message.to_json(indent=2).encode() + b"\n",
    "libtorch": _write_libtorch,
}


@contextmanager
def _output(options: argparse.Namespace) -> Iterator[IO[bytes]]:
    """Open the file that the call names for its output, or give standard output.

    A file gets its name when all is written, so that nothing is half written, and a file that is
    read can be written too.
    """
    path = Path(options.output)
    if options.output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.exists() and not path.is_file():  # a device or a pipe has nothing to replace
        with path.open("wb") as file:
            yield cast(IO[bytes], file)
    else:
        target = path.resolve()
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            with partial.open("xb") as file:
                yield cast(IO[bytes], file)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _time(text: str) -> Callable[[int], int]:
    """Read --at: "+1.5" (seconds after the first message) or a date and time."""
    try:
        if text.startswith("+"):
            offset = check_int(int(Decimal(text) * SECOND), INT64, "--at")
            return lambda start: start + offset
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, ArithmeticError):
        raise argparse.ArgumentTypeError(
            f'expected "+1.5" or "2026-01-31T12:00:00Z", got {text!r}'
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    nanoseconds = (moment - EPOCH) // timedelta(microseconds=1) * 1000
    return lambda _: nanoseconds


def _message_type(text: str) -> MessageType:
    """Read --type: a name (RREF_ACK) or a number (0x20e) of MessageType."""
    try:
        name = text.upper()
        return MessageType[name] if name in MessageType.__members__ else MessageType(int(text, 0))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected the name or the number of a MessageType, got {text!r}"
        ) from None


def _wrong(problem: str) -> int:
    """Say what is wrong with the call; return the exit code."""
    print(f"rref-proto: {problem}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rref-proto",
        description="PyTorch's RRef protocol: look at recordings, convert messages.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    show = _add(commands, "show", _show, "print a conversation, one line a message")
    _add_recordings(show)
    show.add_argument("--format", choices=FORMATS, default="text", help="default: %(default)s")

    ledger = _add(commands, "ledger", _ledger, "print who holds which fork of which RRef")
    _add_recordings(ledger)
    ledger.add_argument(
        "--at",
        type=_time,
        metavar="TIME",
        help='as of a time: "2026-01-31T12:00:00Z", or "+1.5" seconds after the first message',
    )
    ledger.add_argument(
        "--leaks",
        action="store_true",
        help="list each fork that is still held, the oldest first; exit code 1 if there is one",
    )

    merged = _add(commands, "merge", _merge, "put several recordings of a job into one")
    _add_recordings(merged)
    _add_output(merged)

    for name, source, target, text in (
        ("decode", "protobuf", "json", "turn one message into something readable"),
        ("encode", "json", "protobuf", "turn one message into bytes"),
    ):
        convert = _add(commands, name, _convert, text)
        convert.add_argument(
            "input", nargs="?", default="-", help="a file; default: standard input"
        )
        convert.add_argument("--from", dest="source", choices=READERS, default=source)
        convert.add_argument("--to", dest="target", choices=WRITERS, default=target)
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
        _add_output(convert)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(run=run)
    return command


def _add_recordings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "recordings",
        nargs="+",
        metavar="RECORDING",
        help="a .rref file; of several, the order is told by time and by request and response",
    )


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("-o", "--output", default="-", help="a file; default: standard output")

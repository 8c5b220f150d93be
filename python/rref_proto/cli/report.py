"""What the command prints: one message as a line, as a step of a diagram, and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from .. import libtorch
from ..errors import RRefProtoError
from ..ids import ForkId, GloballyUniqueId
from ..ivalue import IValue, SerializedPyObj
from ..ledger import Certainty, HeldFork, Ledger
from ..message import Message
from ..recording import SECOND, RecordedMessage
from ..rref import (
    CLASS_OF_TYPE,
    PythonRRefFetchRet,
    RpcCommandBase,
    ScriptRRefFetchRet,
    fromMessage,
)
from ..tensor import Tensor

TEXT = 32
# A semicolon would end a statement of mermaid's, and a hash would begin an entity.
MERMAID_ENTITIES = str.maketrans({"#": "#35;", ";": "#59;"})
Namer = Callable[[int], str]


class Names:
    """The names of workers, as far as a recording tells them."""

    def __init__(self) -> None:
        self.known: dict[int, str] = {}

    def learn(self, record: RecordedMessage) -> None:
        """Take the names out of a record."""
        for worker, name in (
            (record.from_worker_id, record.from_worker_name),
            (record.to_worker_id, record.to_worker_name),
        ):
            if name:
                self.known[worker] = name

    def __call__(self, worker: int) -> str:
        """Return "name(3)", or "3" where the name is not known."""
        return printable(f"{self.known[worker]}({worker})" if worker in self.known else f"{worker}")


def seconds(nanoseconds: int) -> str:
    """Return a span of time as text, in seconds to the microsecond."""
    return f"{nanoseconds / SECOND:+.6f}s"


def text_lines(records: Iterable[RecordedMessage]) -> Iterator[str]:
    """Give a line for each message: time since the first, way, name, ids, value, sizes."""
    names, start = Names(), None
    for record in records:
        start = record.time if start is None else start
        names.learn(record)
        way = f"{names(record.from_worker_id)} -> {names(record.to_worker_id)}"
        number = "" if record.message.id is None else f"#{record.message.id}"
        name, said = _said(record)
        yield printable(
            f"{seconds(record.time - start):>14}  {way:<8}  {name:<19}  {number:<4}  "
            f"{said:<42}  {_sizes(record)}".rstrip()
        )


def mermaid_lines(records: Iterable[RecordedMessage]) -> Iterator[str]:
    """Give the lines of a mermaid sequence diagram."""
    yield "sequenceDiagram"
    names = Names()
    for record in records:
        names.learn(record)
        name, said = _said(record)
        arrow = "-->>" if record.message.isResponse() else "->>"
        sender = _participant(record.from_worker_id, names)
        receiver = _participant(record.to_worker_id, names)
        label = printable(f"{name} {said}".rstrip()).translate(MERMAID_ENTITIES)
        yield f"    {sender}{arrow}{receiver}: {label}"


def _participant(worker: int, names: Names) -> str:
    """Return a name for a worker that mermaid can refer to, and no other worker has."""
    number = str(worker).replace("-", "m")
    name = "".join(each if each.isalnum() else "_" for each in names.known.get(worker, ""))
    if not name:
        return f"w{number}"
    return f"{name if name.isidentifier() else 'w' + name}_{number}"


def printable(text: str) -> str:
    """Return `text` with what a terminal would obey instead of show written as an escape."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def _said(record: RecordedMessage) -> tuple[str, str]:
    """Return the name of a message and what it says, in short."""
    if record.native_message is not None:
        native = record.native_message
        return "unreadable", f"type {native.type:#x}, {len(native.payload)} bytes kept"
    name = _class_name(record.message)
    if record.omitted_values:
        values = (f"{value.type} of {value.byte_size} B" for value in record.omitted_values)
        return name, f"omitted: {', '.join(values)}"
    try:
        return name, _describe(fromMessage(record.message))
    except RRefProtoError as error:
        return name, f"invalid: {error}"


def _class_name(message: Message) -> str:
    cls = CLASS_OF_TYPE.get(message.type)
    return cls.__name__ if cls else message.type.name


def _describe(command: RpcCommandBase) -> str:
    """Return the ids or the value of a message."""
    match command:
        case PythonRRefFetchRet():
            python = SerializedPyObj.fromIValues(command.values())
            tensors = "".join(f", {_describe_tensor(tensor)}" for tensor in python.tensors)
            return f"pickle of {len(python.payload)} bytes{tensors}"
        case ScriptRRefFetchRet():
            return _describe_value(command.values()[0])
    ids = (("rref", getattr(command, "rref_id", None)), ("fork", getattr(command, "fork_id", None)))
    return " ".join(f"{label} {_pair(each)}" for label, each in ids if each is not None)


def _describe_value(value: IValue) -> str:
    if value.kind == "tensor_value":
        return _describe_tensor(value.value)
    if value.kind in {"string_value", "bytes_value"}:
        return _shortened(repr(value.value))
    if value.kind in {"tuple_value", "int_list", "double_list", "bool_list", "tensor_list"}:
        return _shortened(f"{value.type} of {len(value.value)}")
    if value.kind in {"list_value", "dict_value"}:
        parts = value.value.elements if value.kind == "list_value" else value.value.entries
        return _shortened(f"{value.type} of {len(parts)}")
    if value.kind in {"object_value", "enum_value", "rref_value"}:
        return _shortened(value.type)
    return _shortened(str(value.value))


def _describe_tensor(tensor: Tensor) -> str:
    where = "" if tensor.device.type == "cpu" else f" on {tensor.device}"
    return f"{tensor.dtype.name}{list(tensor.sizes)}{where}"


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT else text[: TEXT - 3] + "..."


def _pair(identifier: GloballyUniqueId) -> str:
    return f"({identifier.created_on}, {identifier.local_id})"


def _sizes(record: RecordedMessage) -> str:
    """Return the message's size as protobuf beside its size as libtorch's payload and tensors."""
    protobuf = sum(memoryview(part).nbytes for part in record.message.to_parts())
    try:
        native = record.native_message or libtorch.to_payload(record.message)
    except RRefProtoError:  # a fetch return without its value, or a message that is invalid
        return f"{protobuf} B protobuf"
    size = len(native.payload) + sum(len(tensor.data) for tensor in native.tensors)
    return f"{protobuf} B protobuf, {size} B libtorch"


def ledger_lines(ledger: Ledger, names: Namer, start: int) -> Iterator[str]:
    """Give who holds what, by owner and RRef, and what the ledger cannot explain."""
    held = sorted(ledger.held(), key=lambda fork: (fork.owner, fork.rref_id))
    for owner, of_owner in groupby(held, key=lambda fork: fork.owner):
        yield f"owner {names(owner)}"
        for rref_id, forks in groupby(of_owner, key=lambda fork: fork.rref_id):
            yield f"  rref {_pair(rref_id)}  created by {names(rref_id.created_on)}"
            for fork in forks:
                yield f"    {_fork(fork, names)}  since {_age(fork, start)}"
    known = sum(fork.certainty is Certainty.KNOWN for fork in held)
    yield f"{_count(len(ledger.forks), 'RRef')} held by {_count(known, 'fork')}"
    yield from _doubt_lines(ledger, names)


def _doubt_lines(ledger: Ledger, names: Namer) -> Iterator[str]:
    """Give what the ledger is not certain of, and what it cannot explain."""
    certainties = [fork.certainty for fork in ledger.held()]
    for certainty, text in _UNCERTAIN.items():
        if certainty in certainties:
            yield f"not certain: {_count(certainties.count(certainty), 'fork')} {text}"
    for worker, first, last in ledger.unnamed():
        numbers = f"({worker}, {first})" if first == last else f"({worker}, {first} to {last})"
        yield (
            f"not certain: {names(worker)} made {numbers}, and no message named it: "
            "perhaps a fork of an RRef of its own"
        )
    for remark, count in ledger.remarks.items():
        yield f"not explained: {_count(count, 'message')} {remark.value}"


def leak_lines(ledger: Ledger, names: Namer, start: int) -> Iterator[str]:
    """Give every fork that is held, the oldest first, as one reads a stack trace."""
    held = ledger.held()
    yield f"{_count(len(held), 'fork')} still held (oldest first):" if held else "no fork is held"
    for fork in held:
        yield f"  rref {_pair(fork.rref_id)} on owner {names(fork.owner)}"
        yield f"    created by    {names(fork.rref_id.created_on)}"
        if fork.fork_id is not None:
            origin = _origin(fork.fork_id, fork.holder)
            maker = names(fork.fork_id.created_on)
            yield f"    {origin:<12}  {maker} as fork {_pair(fork.fork_id)}"
        yield f"    held by       {names(fork.holder)}{_doubt(fork)}"
        yield f"    since         {_age(fork, start)}"
    yield from _doubt_lines(ledger, names)


_UNCERTAIN = {
    Certainty.PENDING: "asked for, and no answer was seen",
    Certainty.INFERRED: "inferred: the holder fetched the value, and no message told of its fork",
}


def _fork(fork: HeldFork, names: Namer) -> str:
    holder = f"held by {names(fork.holder)}{_doubt(fork)}"
    if fork.fork_id is None:
        return f"fork of the owner's  {holder}"
    origin = f"{_origin(fork.fork_id, fork.holder)} {names(fork.fork_id.created_on)}"
    return f"fork {_pair(fork.fork_id)}  {holder}  {origin}"


def _origin(fork_id: ForkId, holder: int) -> str:
    """Say what the worker that made a fork did: the holder itself has it from its remote()."""
    return "made by" if fork_id.created_on == holder else "passed on by"


def _age(fork: HeldFork, start: int) -> str:
    return seconds((start if fork.since is None else fork.since) - start)


def _doubt(fork: HeldFork) -> str:
    return "" if fork.certainty is Certainty.KNOWN else f" ({fork.certainty.value})"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"

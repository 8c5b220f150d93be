"""Hypothesis strategies for every value and message that the schema has."""

from __future__ import annotations

from typing import Any

from google.protobuf.internal import api_implementation
from hypothesis import strategies as st

from rref_proto import (
    Device,
    EnumHolder,
    EventKind,
    ForkId,
    GenericDict,
    GenericList,
    IValue,
    Message,
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RecordedEvent,
    RecordedMessage,
    RemoteException,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptCall,
    ScriptObject,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
)

int64 = st.integers(-(2**63), 2**63 - 1)
worker_ids = st.integers(-(2**15), 2**15 - 1)
rref_ids = st.builds(RRefId, worker_ids, int64)
fork_ids = st.builds(ForkId, worker_ids, int64)
# The pure-Python backend of protobuf reads every NaN as one.
IS_ANY_NAN_KEPT = api_implementation.Type() != "python"
doubles = st.floats(allow_nan=IS_ANY_NAN_KEPT) | st.just(float("nan"))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
class_names = st.lists(names, min_size=1, max_size=3).map(
    lambda parts: ".".join(["__torch__", *parts])
)
annotations = st.sampled_from(["List[str]", "Dict[str, int]", "Tensor", "", "anything \n at all é"])
devices = st.builds(
    Device, st.sampled_from(["cpu", "cuda", "privateuseone"]), st.none() | st.integers(0, 127)
)


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    dtype = draw(st.sampled_from(ScalarType))
    sizes = draw(st.lists(st.integers(0, 4), max_size=4))
    count = dtype.itemsize
    for size in sizes:
        count *= size
    data = draw(st.binary(min_size=count, max_size=count))
    return Tensor(dtype, sizes, data, draw(st.booleans()), draw(st.just(Device("cpu")) | devices))


rref_fork_data = st.builds(RRefForkData, worker_ids, rref_ids, fork_ids, worker_ids, texts)


def _of(kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[IValue]:
    return values.map(lambda value: IValue(kind, value))


enum_members = _of("int_value", int64) | _of("double_value", doubles) | _of("string_value", texts)
leaves = st.one_of(
    st.just(IValue("none_value")),
    _of("tensor_value", tensors()),
    _of("double_value", doubles),
    _of("complex_value", st.builds(complex, doubles, doubles)),
    _of("int_value", int64),
    _of("bool_value", st.booleans()),
    _of("string_value", texts),
    _of("bytes_value", st.binary(max_size=12)),
    _of("int_list", st.lists(int64, max_size=5)),
    _of("double_list", st.lists(doubles, max_size=5)),
    _of("bool_list", st.lists(st.booleans(), max_size=5)),
    _of("tensor_list", st.lists(tensors(), max_size=3)),
    _of("device_value", devices),
    _of("enum_value", st.builds(EnumHolder, class_names, enum_members)),
    _of("rref_value", rref_fork_data),
)


def _containers(children: st.SearchStrategy[IValue]) -> st.SearchStrategy[IValue]:
    several = st.lists(children, max_size=4)
    pairs = st.lists(st.tuples(children, children), max_size=3)
    attributes = st.lists(st.tuples(texts, children), max_size=3)
    return st.one_of(
        _of("tuple_value", several),
        _of("tuple_value", children.map(lambda child: (child, child))),
        _of("list_value", st.builds(GenericList, annotations, several)),
        _of("dict_value", st.builds(GenericDict, annotations, pairs)),
        _of("object_value", st.builds(ScriptObject, class_names, attributes)),
        _of("object_value", st.builds(lambda n, s: ScriptObject(n, (), s), class_names, children)),
    )


ivalues = st.recursive(leaves, _containers, max_leaves=12)
python_objects = st.builds(
    SerializedPyObj, st.binary(max_size=20), st.lists(tensors(), max_size=3).map(tuple)
)

operators = st.builds(
    Operator,
    names.map(lambda name: f"aten::{name}.Tensor(Tensor self, int n=1) -> Tensor"),
    texts.map(lambda name: f"torch.ops.aten.{name}"),
)
functions = st.lists(names, min_size=1, max_size=3).map(".".join)
stacks = st.lists(ivalues, max_size=3)
python_pickles = st.builds(
    # The same tensor may be in several places.
    lambda python, again: SerializedPyObj(python.payload, python.tensors + python.tensors[:again]),
    python_objects,
    st.integers(0, 2),
)
calls: st.SearchStrategy[RpcCommandBase] = st.one_of(
    st.builds(ScriptCall, operators, stacks),
    st.builds(ScriptCall, functions, stacks, st.booleans()),
    st.builds(ScriptRemoteCall, operators, stacks, rref_ids, fork_ids),
    st.builds(ScriptRemoteCall, functions, stacks, rref_ids, fork_ids, st.booleans()),
    st.builds(ScriptResp, ivalues),
    st.builds(PythonCall, python_pickles, st.booleans()),
    st.builds(PythonRemoteCall, python_pickles, rref_ids, fork_ids, st.booleans()),
    st.builds(PythonResp, python_pickles),
    st.builds(RemoteException, texts | st.binary(max_size=12)),
)

script_returns = ivalues.map(lambda value: ScriptRRefFetchRet([value]))
python_returns = python_objects.map(lambda python: PythonRRefFetchRet(python.toIValues()))
commands: st.SearchStrategy[RpcCommandBase] = st.one_of(
    *(st.builds(cls, rref_ids, fork_ids) for cls in (RRefUserDelete, RemoteRet, RRefForkRequest)),
    *(st.builds(cls, worker_ids, rref_ids) for cls in (ScriptRRefFetchCall, PythonRRefFetchCall)),
    st.builds(RRefChildAccept, fork_ids),
    st.just(RRefAck()),
    script_returns,
    python_returns,
    calls,
)
messages: st.SearchStrategy[Message] = st.builds(
    lambda command, number: command.toMessage().with_id(number), commands, st.none() | int64
)
# JSON has only one NaN. The wire keeps the bits of each NaN.
messages_without_nan = messages.filter(lambda message: "NaN" not in message.to_json())


times = st.integers(-(10**18), 2 * 10**18)
event_kinds = st.sampled_from(EventKind) | st.integers(-(2**31), 2**31 - 1).filter(bool)
request_counts = st.none() | st.integers(0, 2**63 - 1)
events = st.builds(RecordedEvent, times, worker_ids, event_kinds, texts, request_counts)


def _records_of(recorded: st.SearchStrategy[Message]) -> st.SearchStrategy[RecordedMessage]:
    return st.builds(RecordedMessage, times, worker_ids, worker_ids, recorded, texts, texts)


records = _records_of(messages)
records_without_nan = _records_of(messages_without_nan)

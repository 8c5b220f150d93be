"""The classes of the errors. For all input their texts are printable and short."""

from __future__ import annotations

import ast
import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rref_proto
from rref_proto import (
    DecodeError,
    Device,
    EncodeError,
    EnumHolder,
    ForkId,
    ForkMessageBase,
    GenericDict,
    GenericList,
    IValue,
    LocalProtocolError,
    Message,
    MessageType,
    MessageTypeError,
    NativeMessage,
    Operator,
    PythonResp,
    RecordedMessage,
    RemoteError,
    RemoteException,
    RemoteProtocolError,
    RpcCommandBase,
    RRefAck,
    RRefFetchRet,
    RRefForkData,
    RRefId,
    RRefMessageBase,
    RRefProtoError,
    RRefUserDelete,
    ScalarType,
    ScriptCall,
    ScriptObject,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    libtorch,
    merge,
    read_recording,
    write_recording,
)
from rref_proto.ivalue.base import IValueBase

from strategies import texts

# The longest text of an error: 500 characters for the place, ": ", and 500 for the problem.
LONGEST = 500 + 2 + 500
ONE = IValue.from_python(1)


def test_the_tree_of_errors() -> None:
    assert not issubclass(RRefProtoError, ValueError)
    for cls in (DecodeError, EncodeError):
        assert cls.__bases__ == (RRefProtoError, ValueError)
    assert MessageTypeError.__bases__ == (DecodeError,)
    for error in (LocalProtocolError, RemoteProtocolError, RemoteError):
        assert error.__bases__ == (RRefProtoError,)


def test_nothing_raises_the_root_itself() -> None:
    for path in Path(rref_proto.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Call) and ast.unparse(node.func) == "RRefProtoError")


@pytest.mark.parametrize(
    "error",
    [
        DecodeError("expected one thing, got another", "field"),
        EncodeError("expected one thing, got another"),
        RemoteError("a long text\n" * 500, "trainer0"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_copy_and_pickle(error: Any, again: Callable[[Any], Any]) -> None:
    assert type(again(error)) is type(error)
    assert vars(again(error)) == vars(error)
    assert str(again(error)) == str(error)


def test_a_place_is_put_in_front_of_the_place_that_is_there() -> None:
    error = EncodeError("expected this", "value").within("elements[3]")
    assert str(error) == "elements[3].value: expected this"
    assert str(error.within("record 5 at byte 7", ", ")) == (
        "record 5 at byte 7, elements[3].value: expected this"
    )
    decoded = error.as_decode_error("body")
    assert type(decoded) is DecodeError
    assert str(decoded) == "body.elements[3].value: expected this"
    assert str(error.as_decode_error()) == str(error)


def test_the_text_of_another_worker_is_kept_in_full_and_shown_in_short() -> None:
    text = "RuntimeError: \x1b[31m" + "stack trace\n" * 1000
    error = RemoteError(text, "trainer0").within("call 7", ", ")
    assert error.text == text
    assert str(error).startswith(r"call 7, trainer0: RuntimeError: \x1b[31mstack trace\n")
    assert len(str(error)) <= LONGEST
    assert str(error).isprintable()


# Functions that a caller may call with any value, also with text from an unknown sender.
ENTRIES: dict[str, Callable[[Any], object]] = {
    "Message": Message,
    "Message.FromString": Message.FromString,
    "Message.from_json": Message.from_json,
    "with_id": RRefAck().toMessage().with_id,
    "payload": lambda value: libtorch.from_payload(MessageType.SCRIPT_RREF_FETCH_RET, value),
    "payload type": lambda value: libtorch.from_payload(value, b""),
    "to_payload": libtorch.to_payload,
    "read_recording": lambda value: list(read_recording(value)),
    "write_recording": lambda value: write_recording(value, [value]),
    "merge": lambda value: list(merge([value, value])),
    "RRefId": lambda value: RRefId(value, value),
    "fromIValue": RRefId.fromIValue,
    "from_python": IValue.from_python,
    "from_python type": lambda value: IValue.from_python(1, value),
    "from_python value": lambda value: IValue.from_python(value, "List[int]"),
    "IValue kind": lambda value: IValue(value, 1),
    "IValue value": lambda value: IValue("int_list", [value]),
    "GenericList": lambda value: GenericList(value, value),
    "GenericDict": lambda value: GenericDict("Dict[str, int]", [(value, ONE)]),  # type: ignore[arg-type]
    "ScriptObject": ScriptObject,
    "EnumHolder": lambda value: EnumHolder(value, ONE),
    "RRefForkData": lambda value: RRefForkData(value, RRefId(0, 0), ForkId(0, 0), 0, value),
    "Operator": lambda value: Operator(value, value),
    "ScriptCall": lambda value: ScriptCall(value, []),
    "ScriptCall stack": lambda value: ScriptCall("f", value),
    "ScriptResp": ScriptResp,
    "PythonResp": PythonResp,
    "RemoteException": RemoteException,
    "ScriptRRefFetchRet": lambda value: ScriptRRefFetchRet([value]),
    "Device": Device,
    "Device.parse": Device.parse,
    "Tensor": lambda value: Tensor(value, [1], b"a"),
    "Tensor sizes": lambda value: Tensor(ScalarType.int8, [value], b"a"),
    "NativeMessage": lambda value: NativeMessage(value, value),
    "RecordedMessage": lambda value: RecordedMessage(value, 0, 1, value),
}
HOSTILE_TEXT = "\x1b[2J\r\n\u2028\ud800" + "long " * 100_000
HOSTILE: list[Any] = [
    None,
    HOSTILE_TEXT,
    HOSTILE_TEXT.encode("utf-8", "replace"),
    10**5000,
    -(10**5000),
    [10**5000],
    {HOSTILE_TEXT: [HOSTILE_TEXT]},
    float("nan"),
    type("odd\nname" * 1000, (), {"__repr__": lambda _: HOSTILE_TEXT})(),
    IValue("list_value", GenericList("\x1b[2J\n" * 10_000, ())),
]


def error_of(entry: str, value: Any) -> Exception | None:
    """Return the error that a call raises, if any. Other exceptions make the test fail."""
    try:
        ENTRIES[entry](value)
    except (RRefProtoError, TypeError) as error:
        return error
    return None


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_an_error_says_is_printable_and_short(entry: str) -> None:
    errors = [error for value in HOSTILE if (error := error_of(entry, value))]
    assert len(errors) >= len(HOSTILE) - 6  # some are valid: None is an id, a float is a value
    for error in errors:
        assert str(error).isprintable()
        assert len(str(error)) <= LONGEST
        assert len(repr(error)) <= 2 * LONGEST


@given(st.sampled_from(sorted(ENTRIES)), texts | st.binary() | st.integers() | st.floats())
def test_any_input_raises_only_errors_of_the_library_or_a_type_error(
    entry: str, value: Any
) -> None:
    error = error_of(entry, value)
    assert error is None or str(error).isprintable()


@pytest.mark.parametrize(
    "make",
    [
        lambda: IValue("int_list", 12),
        lambda: IValue("tuple_value", 12),
        lambda: GenericList("List[int]", 12),  # type: ignore[arg-type]
        lambda: GenericDict("Dict[int, int]", 12),  # type: ignore[arg-type]
        lambda: ScriptRRefFetchRet(12),  # type: ignore[arg-type]
        lambda: NativeMessage(0x10B, b"", 12),  # type: ignore[arg-type]
        lambda: SerializedPyObj(b"", 12),  # type: ignore[arg-type]
        lambda: Tensor(ScalarType.int8, 12, b"a"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_iterated_is_refused_by_name(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=r"^\w+\.\w+: expected an iterable, got int$"):
        make()


def test_an_error_inside_an_iteration_is_not_hidden() -> None:
    with pytest.raises(TypeError, match="TorchScript has a type for"):
        ScriptRRefFetchRet(IValue.from_python(value) for value in [object()])


def test_a_short_payload_gives_no_long_error() -> None:
    payload = bytearray(b"\x80\x02K\x01\x85")
    for level in range(15):  # each tuple has the tuple before it two times
        payload += bytes([ord("q"), level, ord("h"), level]) + b"\x86"
    payload += b"\x85."
    with pytest.raises(DecodeError) as caught:
        libtorch.from_payload(MessageType.RREF_CHILD_ACCEPT, payload)
    assert len(payload) < 90
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: RRefFetchRet([]), ["ScriptRRefFetchRet", "PythonRRefFetchRet"]),
        (lambda: RRefFetchRet([ONE]), ["ScriptRRefFetchRet", "PythonRRefFetchRet"]),
        (lambda: RRefFetchRet(None), ["ScriptRRefFetchRet", "PythonRRefFetchRet"]),  # type: ignore[arg-type]
        (
            lambda: ScriptRRefFetchCall.__mro__[1](1, RRefId(0, 1)),
            ["ScriptRRefFetchCall", "PythonRRefFetchCall"],
        ),
        (IValueBase, ["IValue"]),
        (
            lambda: ForkMessageBase(RRefId(0, 1), ForkId(0, 2)),
            ["RRefUserDelete", "RemoteRet", "RRefForkRequest"],
        ),
        (RRefMessageBase, ["ScriptRRefFetchCall", "RRefUserDelete"]),
        (RRefFetchRet, ["ScriptRRefFetchRet", "PythonRRefFetchRet"]),
        (ForkMessageBase, ["RRefUserDelete", "RemoteRet", "RRefForkRequest"]),
        (
            lambda: RRefUserDelete.__mro__[1](RRefId(0, 1), ForkId(0, 2)),
            ["RRefUserDelete", "RemoteRet", "RRefForkRequest"],
        ),
        (
            lambda: PythonResp.__mro__[1](SerializedPyObj(b"")),
            ["PythonCall", "PythonRemoteCall", "PythonResp"],
        ),
        (lambda: RRefMessageBase(RRefId(0, 1)), ["ScriptRRefFetchCall", "RRefUserDelete"]),
        (RpcCommandBase, ["RRefAck", "RRefChildAccept", "ScriptRRefFetchRet"]),
    ],
)
def test_a_base_class_is_not_built_and_names_the_classes_to_use(
    make: Callable[[], object], names: list[str]
) -> None:
    with pytest.raises(TypeError, match="is a base class") as caught:
        make()
    for name in names:
        assert name in str(caught.value)


def test_a_class_without_a_message_of_its_own_is_not_built() -> None:
    class Mine(ForkMessageBase):
        pass

    with pytest.raises(TypeError, match="Mine is a base class: it has no message of its own"):
        Mine(RRefId(0, 1), ForkId(0, 2))


@pytest.mark.parametrize("name", ["array", "list", "dict", "int", "deque", "str"])
def test_a_class_named_as_a_builtin_one_is_refused_like_others(name: str) -> None:
    with pytest.raises(TypeError, match=f"expected int, got {name}"):
        IValue.from_python(type(name, (), {})(), "int")

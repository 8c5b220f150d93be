"""Any pickle of Python's: its RRefs are found, and what is no plain data is said."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import operator
import pathlib
import pickle
import pickletools
import uuid
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    ForkId,
    PythonRemoteException,
    PythonUDF,
    RRefForkData,
    RRefId,
    ScalarType,
    SerializedPyObj,
    Tensor,
    _pickle_opcodes,
)
from rref_proto.python_object.operations import OPERATIONS

import python_pickler
from python_pickler import pickled
from strategies import rref_fork_data, tensors

PROTOCOLS = [2, 3, 4, 5]
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
FORK = RRefForkData(1, RRefId(0, 4), ForkId(2, 5), 2, "Dict[str, Tensor]")
OTHER = RRefForkData(0, RRefId(0, 1), ForkId(0, 2**40), 0, "PyObject")
TENSOR = Tensor(ScalarType.uint8, [2], b"\x01\x02")


class Color(enum.Enum):
    RED = 1


class Plain:
    """A class of the user's, with attributes."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts
        self.itself = self


class WithState:
    __slots__ = ("parts",)

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def __getstate__(self) -> Any:
        return self.parts, {"a": 1}

    def __setstate__(self, state: Any) -> None:
        self.parts, _ = state


class WithKeywords:
    def __getnewargs_ex__(self) -> Any:
        return (1,), {"a": FORK}


class SomeList(list[Any]):
    pass


class SomeDict(dict[Any, Any]):
    pass


def reached(value: Any) -> Any:
    """Only its name is written."""
    return value


# Objects, and how each is described where it is no plain data.
OBJECTS = {
    "datetime": (
        datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
        "an object of datetime.",
    ),
    "Decimal": (decimal.Decimal("1.5"), "an object of decimal.Decimal"),
    "Fraction": (fractions.Fraction(1, 3), "an object of fractions.Fraction"),
    "Enum": (Color.RED, "an object of test_other_pickles.Color"),
    "deque": (collections.deque([1, 2]), "an object of collections.deque"),
    "OrderedDict": (collections.OrderedDict(a=1), "an object of collections.OrderedDict"),
    "defaultdict": (collections.defaultdict(list, a=[1]), "an object of collections.defaultdict"),
    "Counter": (collections.Counter("aab"), "an object of collections.Counter"),
    "an exception": (KeyError("a"), "an object of builtins.KeyError"),
    "slice": (slice(1, 2), "an object of builtins.slice"),
    "range": (range(3), "an object of builtins.range"),
    "UUID": (uuid.UUID(int=5), "an object of "),
    "Path": (pathlib.PurePosixPath("a"), "an object of pathlib"),
    "partial": (functools.partial(reached, 1), "an object of functools.partial"),
    "itemgetter": (operator.itemgetter(1), "an object of operator.itemgetter"),
    "an object": (Plain(1, "a"), "an object of "),
    "an object with a state": (WithState(1, "a"), "an object of "),
    "a subclass of list": (SomeList([1, 2]), "an object of "),
    "a subclass of dict": (SomeDict({1: 2}), "an object of "),
    "a class": (Plain, "the name test_other_pickles.Plain"),
    "a function": (reached, "the name test_other_pickles.reached"),
}


@every_protocol
@pytest.mark.parametrize(("value", "description"), OBJECTS.values(), ids=OBJECTS)
def test_an_object_is_described_and_not_made(value: Any, description: str, protocol: int) -> None:
    for outer in (value, [value], {1: (value, value)}):
        python = SerializedPyObj(pickle.dumps(outer, protocol))
        assert python.rrefs() == ()
        with pytest.raises(DecodeError, match=r"^byte \d+ of the pickle: ") as error:
            python.to_python()
        if protocol == 4:
            assert f"expected plain data, got {description}" in str(error.value)


@every_protocol
def test_rrefs_are_found_in_objects_of_any_class(protocol: int) -> None:
    objects = [
        Plain(FORK, [FORK], "a"),
        WithState({"a": FORK}),
        SomeList([FORK]),
        SomeDict({1: FORK}),
        collections.OrderedDict(a=FORK),
        collections.deque([FORK]),
        functools.partial(reached, FORK),
        [{(FORK,): 1}, {FORK}, frozenset([FORK])],
    ]
    for each in objects:
        assert SerializedPyObj(pickled(each, protocol)).rrefs() == (FORK,)
    together = SerializedPyObj(pickled([OTHER, *objects, OTHER], protocol))
    assert together.rrefs() == (OTHER, FORK)


def test_rrefs_are_found_in_keyword_arguments() -> None:
    for protocol in (4, 5):
        assert SerializedPyObj(pickled(WithKeywords(), protocol)).rrefs() == (FORK,)


@given(st.lists(rref_fork_data, max_size=4), st.sampled_from(PROTOCOLS))
def test_rrefs_are_read_as_they_were_written(forks: list[RRefForkData], protocol: int) -> None:
    python = SerializedPyObj(pickled(forks, protocol))
    assert python.rrefs() == tuple(dict.fromkeys(forks))
    assert python.to_python() == forks


@given(st.lists(tensors() | rref_fork_data | st.none(), max_size=6))
def test_tensors_and_rrefs_are_written_as_python_does(values: list[Any]) -> None:
    value = [*values, *values]
    python = SerializedPyObj.from_python(value)
    assert python.payload == pickled(value)
    assert python.tensors == tuple(each for each in values if isinstance(each, Tensor))
    assert python.to_python() == value


@every_protocol
def test_a_call_is_read_and_written(protocol: int) -> None:
    call = python_pickler.PythonUDF(reached, ([1], FORK, TENSOR), {"other": {FORK}})
    python = SerializedPyObj(pickled(call, protocol), (TENSOR,))
    expected = PythonUDF("test_other_pickles.reached", ([1], FORK, TENSOR), {"other": {FORK}})
    assert python.to_python() == expected
    if protocol == 4:
        assert SerializedPyObj.from_python(python.to_python()) == python


@every_protocol
@pytest.mark.parametrize("kind", [ValueError, KeyError, decimal.Overflow, RuntimeError])
def test_what_a_function_raised_is_read_and_written(kind: Any, protocol: int) -> None:
    raised = python_pickler.RemoteException("On worker\nsomething", kind)
    python = SerializedPyObj(pickled(raised, protocol))
    name = f"{kind.__module__}.{kind.__name__}"
    if protocol == 2 and kind.__module__ == "builtins":
        assert b"exceptions\n" in python.payload  # as this module was called in Python 2
    assert python.to_python() == PythonRemoteException("On worker\nsomething", name)
    if protocol == 4:
        assert SerializedPyObj.from_python(python.to_python()) == python


# Python writes a text once where it is one object in memory. For names that cannot be known from a
# pickle. "builtins", for one, is one object for all classes and another for all functions.
OTHER_BYTES = {
    "an argument equal to the name": python_pickler.PythonUDF(reached, ("reached",), {}),
    "a tensor and a complex number": [TENSOR, 1j],
    "an RRef and a bytearray": [FORK, bytearray(b"x")],
}


@pytest.mark.parametrize("value", OTHER_BYTES.values(), ids=OTHER_BYTES)
def test_names_may_be_shared_otherwise_than_by_python(value: Any) -> None:
    theirs = SerializedPyObj(pickled(value), (TENSOR,))
    ours = SerializedPyObj.from_python(theirs.to_python())
    assert ours.payload != theirs.payload
    assert SerializedPyObj(ours.payload, (TENSOR,)).to_python() == theirs.to_python()


class Owner:
    @staticmethod
    def static() -> None: ...

    @classmethod
    def of_class(cls) -> None: ...


@every_protocol
@pytest.mark.parametrize("name", ["static", "of_class"])
def test_a_function_inside_a_class_has_a_colon(name: str, protocol: int) -> None:
    call = python_pickler.PythonUDF(getattr(Owner, name), (), {})
    python = SerializedPyObj(pickled(call, protocol))
    assert python.to_python() == PythonUDF(f"test_other_pickles:Owner.{name}")
    again = SerializedPyObj.from_python(python.to_python())
    assert again.to_python() == python.to_python()
    if name == "static" and protocol == 4:
        assert again == python


def test_every_opcode_has_its_name_and_an_operation() -> None:
    codes = {opcode.name: opcode.code.encode("latin1") for opcode in pickletools.opcodes}
    ours = {name: getattr(_pickle_opcodes, name) for name in codes}
    assert ours == codes
    assert set(codes.values()) - OPERATIONS.keys() == {_pickle_opcodes.STOP}


class Persistent(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        return ("id", 3) if value is Plain else None


def test_persistent_ids_are_skipped() -> None:
    output = BytesIO()
    Persistent(output, 4).dump([Plain, 1])
    python = SerializedPyObj(output.getvalue())
    assert python.rrefs() == ()
    with pytest.raises(DecodeError, match="expected plain data, got a persistent id"):
        python.to_python()


def test_buffers_outside_the_pickle_are_skipped() -> None:
    for data in (b"abc", bytearray(b"abc")):
        buffers: list[Any] = []
        pickle_buffer = pickle.PickleBuffer(data)
        payload = pickle.dumps([pickle_buffer], 5, buffer_callback=buffers.append)
        assert SerializedPyObj(payload).rrefs() == ()
        with pytest.raises(DecodeError, match="got a buffer outside the pickle"):
            SerializedPyObj(payload).to_python()


# RRefs whose data no worker writes.
DATA = (1, 0, 4, 2, 5, 2, "Tensor")
BROKEN = {
    "too short": DATA[:-1],
    "too long": (*DATA, 1),
    "a worker id of 40000": (40000, *DATA[1:]),
    "a large number": (1, 0, 2**63, *DATA[3:]),
    "a bool": (True, *DATA[1:]),
    "a float": (1.0, *DATA[1:]),
    "no text": (*DATA[:-1], b"Tensor"),
    "half a surrogate pair": (*DATA[:-1], "\ud800"),
    "a list": list(DATA),
    "a long type": (*DATA[:-1], "x" * 5000),
}


class RRefOf:
    def __init__(self, data: Any) -> None:
        self.data = data

    def __reduce__(self) -> Any:
        return python_pickler._InternalRPCPickler._py_rref_receiver, (self.data,)


@every_protocol
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_an_rref_that_is_none_is_refused(data: Any, protocol: int) -> None:
    python = SerializedPyObj(pickled([RRefOf(data)], protocol))
    with pytest.raises(DecodeError, match=r"^byte \d+ of the pickle"):
        python.rrefs()
    with pytest.raises(DecodeError, match=r"^byte \d+ of the pickle"):
        python.to_python()


def test_a_tensor_that_is_not_there_is_refused() -> None:
    python = SerializedPyObj(pickled([TENSOR]))
    with pytest.raises(DecodeError, match="expected an index below 0, of a tensor, got 0"):
        python.to_python()

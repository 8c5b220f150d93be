"""Hostile pickles are refused, or read with work and memory in proportion to their size."""

from __future__ import annotations

import pickle
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_other_pickles import FORK, OBJECTS, TENSOR

from rref_proto import DecodeError, EncodeError, SerializedPyObj
from rref_proto._pickle_opcodes import ARGUMENTS, FRAME
from rref_proto.python_object.keys import WORK_PER_BYTE

from captured_pickles import captured_pickles
from work import peak_of, work_of

HEADER = b"\x80\x04"
# The memory that may be held for each byte, as README.md promises.
PROPORTION = 400
SEEDS = [
    *{each.payload for each in captured_pickles()[::12]},
    *(pickle.dumps([value, {1: (value, {2.5})}], 4) for value, _ in OBJECTS.values()),
    *(pickle.dumps([b"a", {1}, 1j, bytearray(b"b"), None, 2**70], n) for n in (2, 3, 4, 5)),
    SerializedPyObj.from_python([FORK, TENSOR, FORK, "text", (1, 2, 3, 4)]).payload,
]


def refusal(read: Callable[[], object]) -> str | None:
    """Return the text of the DecodeError that is raised, or None. No other error may be raised."""
    try:
        read()
    except DecodeError as error:
        return str(error)
    return None


def attempt(payload: bytes) -> None:
    """Read a pickle in both ways: where that fails, the error is short and says where."""
    python = SerializedPyObj(payload, (TENSOR,))
    for text in (refusal(python.rrefs), refusal(python.to_python)):
        if text is not None:
            assert text.startswith("byte ")
            assert text.isprintable()
            assert len(text) < 1200


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_no_truncated_pickle_is_read(seed: bytes) -> None:
    for length in range(0, len(seed), max(1, len(seed) // 200)):
        python = SerializedPyObj(seed[:length])
        with pytest.raises(DecodeError):
            python.rrefs()
        with pytest.raises(DecodeError):
            python.to_python()


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_changed_bytes_are_read_or_refused(seed: bytes) -> None:
    choose = random.Random(seed)
    for _ in range(300):
        changed = bytearray(seed)
        for _ in range(choose.choice([1, 1, 2, 8])):
            changed[choose.randrange(len(seed))] = choose.randrange(256)
        attempt(bytes(changed))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    attempt(HEADER + data + b".")


# Programs of opcodes, so that most of them go far.
opcodes = st.sampled_from([
    *(bytes([code]) for code in b"N)]}\x8f((()l\x90\x91tdeusaRb\x81\x92o012\x94\x94\x85\x86\x87"),
    b"K\x05", b"\x8c\x01a", b"C\x01b", b"h\x00", b"h\x01", b"h\x02", b"q\x00",
    b"cbuiltins\nset\n", b"cbuiltins\ngetattr\n", b"cbuiltins\nbytearray\n", b"c_codecs\nencode\n",
    b"ctorch.distributed.rpc.internal\n_InternalRPCPickler\n", b"\x8c\x11_py_rref_receiver",
    b"ctorch.distributed.rpc.internal\nPythonUDF\n", b"\x8c\x10_tensor_receiver", b"\x93",
    b"\x82\x01", b"\x97", b"\x98", b"Q", b"Pid\n", b"i1\n2\n", b"g0\n", b"p1\n", b"I1\n", b"U\x01a",
])  # fmt: skip


@given(st.lists(opcodes, max_size=40))
def test_any_opcodes_are_read_or_refused(program: list[bytes]) -> None:
    attempt(b"\x80\x05" + b"".join(program) + b".")


REFUSED = {
    "nothing": (b"", "expected a pickle, got b''"),
    "another protocol": (b"\x80\x01N.", "expected a pickle of protocol 2 to 5, got 1"),
    "a later protocol": (b"\x80\x06N.", "expected a pickle of protocol 2 to 5, got 6"),
    "protocol 0": (b"I1\n.", "expected a pickle, got b'I1"),
    "an unknown opcode": (HEADER + b"\xff.", "expected an opcode of a pickle, got 0xff"),
    "no value": (HEADER + b".", "expected a value before this opcode"),
    "no value behind a MARK": (HEADER + b"N(.", "expected a value before this opcode"),
    "no MARK": (HEADER + b"t.", "expected a MARK before this opcode"),
    "POP of nothing": (HEADER + b"0.", "expected a value before this opcode"),
    "POP_MARK of nothing": (HEADER + b"1.", "expected a MARK before this opcode"),
    "DUP of nothing": (HEADER + b"2.", "expected a value before this opcode"),
    "MEMOIZE of nothing": (HEADER + b"\x94.", "expected a value before this opcode"),
    "a key without a value": (HEADER + b"}(Nu.", "expected keys and values, got 1 items"),
    "an unset index": (HEADER + b"h\x05.", "expected an index of the memo that is set, got 5"),
    "no index": (HEADER + b"Np-1\n.", "expected an index of the memo, got b'-1'"),
    "a long index": (HEADER + b"Np" + b"1" * 5000 + b"\n.", "expected an index of the memo, got"),
    "no newline": (HEADER + b"cmodule", "expected a line of text"),
    "no UTF-8": (HEADER + b"\x8c\x01\xff.", "expected text in UTF-8"),
    "no UTF-8 in a name": (HEADER + b"c\xff\n\n.", "expected text in UTF-8"),
    "a name that is no text": (HEADER + b"K\x01\x8c\x01a\x93.", "a name, got int and str"),
    "a long frame": (HEADER + FRAME + ARGUMENTS[FRAME].pack(2**60), "expected 1152921504606846976"),
    "long bytes": (HEADER + b"\x8e" + struct.pack("<Q", 2**60), "more bytes, got 0"),
    "a long bytearray": (HEADER + b"\x96" + struct.pack("<Q", 2**64 - 1), "more bytes, got 0"),
    "a long text": (HEADER + b"\x8d" + struct.pack("<Q", 2**63), "more bytes, got 0"),
    "a long int": (HEADER + b"\x8b" + struct.pack("<i", 2**31 - 1), "expected 2147483647 more"),
    "a negative length": (HEADER + b"\x8b" + struct.pack("<i", -1) + b".", "expected -1 more"),
    "a negative length of text": (HEADER + b"T" + struct.pack("<i", -5) + b".", "expected -5 more"),
}  # fmt: skip


@pytest.mark.parametrize(("payload", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_pickle_is_refused(payload: bytes, problem: str) -> None:
    for read in (SerializedPyObj(payload).rrefs, SerializedPyObj(payload).to_python):
        with pytest.raises(DecodeError, match=problem):
            read()


# Pickles that can be read, with something that plain data does not have.
INTERNAL = b"ctorch.distributed.rpc.internal\n"
UNLIKE_PLAIN_DATA = {
    "a persistent id": (b"Pid\n", "a persistent id"),
    "a binary persistent id": (b"NQ", "a persistent id"),
    "an extension code": (b"\x82\x05", "the extension code 5"),
    "a long extension code": (b"\x84\xff\xff\xff\x7f", "the extension code 2147483647"),
    "a buffer": (b"\x97", "a buffer outside the pickle"),
    "a read-only buffer": (b"N\x98", "a buffer outside the pickle"),
    "a number as text": (b"I1\n", "a number or text as protocol 0 writes it"),
    "a text of Python 2": (b"U\x01a", "text as Python 2 writes it"),
    "an instance": (b"(imodule\nClass\n", "an object of module.Class"),
    "an object": (b"(cmodule\nClass\no", "an object of module.Class"),
    "an object of nothing": (b"(o", "a call of an object"),
    "a call of a value": (b"N)R", "a call of NoneType"),
    "a call without arguments": (b"cmodule\nClass\nNR", "a call of the name module.Class"),
    "a state for a list": (b"]Nb", "a state for a list"),
    "a state for a name": (b"cmodule\nClass\nNb", "a state for the name module.Class"),
    "an item for a dict": (b"}Na", "items added to a dict"),
    "items for a call": (b"cbuiltins\nbytearray\n)RK\x01a", "items added to a call"),
    "a new set": (b"cbuiltins\nset\n]\x85\x81", "an object of builtins.set"),
    "an attribute of an object": (b"cbuiltins\ngetattr\nN\x8c\x01a\x86R", "of builtins.getattr"),
    "a name in a list": (b"(cmodule\nClass\nl", "the name module.Class"),
    "a name in a tuple": (b"cmodule\nClass\n\x85", "the name module.Class"),
    "complex without numbers": (b"cbuiltins\ncomplex\nNN\x86R", "expected float, float, got"),
    "a set of None": (b"cbuiltins\nset\nN\x85R", "expected list, got NoneType"),
    "a bytearray of a number": (b"cbuiltins\nbytearray\nK\x05\x85R", "expected bytes, got int"),
    "another encoding": (b"c_codecs\nencode\n\x8c\x01a\x8c\x03rot\x86R", "in latin1, got 'rot'"),
    "no latin1": (b"c_codecs\nencode\n\x8c\x02\xc4\x80\x8c\x06latin1\x86R", "in latin1: ordinal"),
    "a call of a text": (INTERNAL + b"PythonUDF\n\x8c\x01a)}\x87\x81", "expected Global, got str"),
    "a call with a list": (INTERNAL + b"PythonUDF\ncm\nf\n]}\x87\x81", "expected tuple, dict, got"),
    "a call with a number": (INTERNAL + b"PythonUDF\ncm\nf\n)}NNs\x87\x81", "a key that is no str"),
    "a name that cannot be": (INTERNAL + b"PythonUDF\nc.\nf\n)}\x87\x81", "a name such as"),
    "a name with a colon": (INTERNAL + b"PythonUDF\ncm\na:b\n)}\x87\x81", "a name such as"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "problem"), UNLIKE_PLAIN_DATA.values(), ids=UNLIKE_PLAIN_DATA)
def test_what_is_no_plain_data_is_skipped_and_named(code: bytes, problem: str) -> None:
    rref = SerializedPyObj.from_python(FORK).payload[len(HEADER) + 9 : -1]
    python = SerializedPyObj(HEADER + rref + b"0" + code + b".")
    assert python.rrefs() == (FORK,)
    with pytest.raises(DecodeError, match=problem):
        python.to_python()


def test_odd_opcodes_that_leave_plain_data_are_read() -> None:
    programs = {
        b"(K\x01K\x021N": None,  # POP_MARK
        b"N(0": None,  # POP of a MARK
        b"]2a": "that contains itself",
        b"K\x012\x86": (1, 1),  # DUP
        b"(K\x01K\x02d": {1: 2},
        b"(K\x01l": [1],
        b"Np7\n0g7\n": None,
        b"\x80\x03N": None,
        b"\x8b\x00\x00\x00\x00": 0,
    }
    for program, value in programs.items():
        python = SerializedPyObj(HEADER + program + b".")
        if isinstance(value, str):
            with pytest.raises(DecodeError, match=value):
                python.to_python()
        else:
            assert python.to_python() == value


# Growth: the same shape, larger and larger. What is counted are calls of functions, and memory.


def text(content: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content


def doubling(opcode: bytes) -> Callable[[int], bytes]:
    """Return what makes values that each have the one before them twice: 2**size in the end."""
    return lambda size: b"N" + (b"2" + opcode) * size


GROWING: dict[str, Callable[[int], bytes]] = {
    "nested tuples": lambda size: b"N" + b"\x85" * size,
    "nested lists": lambda size: b"]" * size + b"a" * (size - 1),
    "empty lists": lambda size: b"(" + b"]" * size + b"t",
    "empty tuples": lambda size: b"(" + b")" * size + b"l",
    "marks": lambda size: b"(" * size + b"N",
    "nones": lambda size: b"(" + b"N" * size + b"l",
    "doubled tuples": doubling(b"\x86"),
    "doubled lists": doubling(b"(h\x00h\x00l0"),
    "a doubled key": lambda size: b"}" + doubling(b"\x86")(size) + b"Ns",
    "a doubled key of a set": lambda size: b"(" + doubling(b"\x86")(size) + b"\x91",
    "doubled frozensets": lambda size: b"N" + b"q\x000(h\x00h\x00\x85\x91" * size,
    "a long list in many sets": lambda size: (
        b"(" + b"".join(b"M" + struct.pack("<H", number) for number in range(size))
        + b"l\x94\x85\x94cbuiltins\nset\n\x94("
        + b"h\x02h\x01R" * size + b"l"
    ),
    "a long key in many dicts": lambda size: (
        text(b"x" * size) + b"\x94(" + b"}h\x00Ns" * size + b"l"
    ),
    "a long number in many dicts": lambda size: (
        b"\x8b" + struct.pack("<i", size) + b"x" * size + b"\x94(" + b"}h\x00Ns" * size + b"l"
    ),
    "equal keys in many dicts": lambda size: (
        text(b"x" * size) + b"\x94" + text(b"x" * size) + b"\x94}("
        + b"h\x00Nh\x01N" * size + b"u"
    ),
    "long bytes in many bytearrays": lambda size: (
        b"B" + struct.pack("<I", size) + b"x" * size + b"\x85\x94cbuiltins\nbytearray\n\x94("
        + b"h\x01h\x00R" * size + b"l"
    ),
    "a long text encoded many times": lambda size: (
        text(b"x" * size) + text(b"latin1") + b"\x86\x94c_codecs\nencode\n\x94("
        + b"h\x01h\x00R" * size + b"l"
    ),
    "long names": lambda size: (
        b"c" + b"m" * size + b"\n" + b"n" * size + b"\n\x94("
        + b"h\x00)Rh\x00NRh\x00Nb" * size + b"l"
    ),
    "long names of functions": lambda size: (
        INTERNAL + b"PythonUDF\n\x94c" + b"m" * size + b"\nf\n)}\x87\x94("
        + b"h\x00h\x01\x81" * size + b"l"
    ),
    "long arguments of many functions": lambda size: (
        INTERNAL + b"PythonUDF\n\x94cm\nf\n)}("
        + b"".join(text(b"%d" % number) + b"N" for number in range(size))
        + b"u\x87\x94(" + b"h\x00h\x01\x81" * size + b"l"
    ),
    "long texts of exceptions": lambda size: (
        INTERNAL + b"RemoteException\n\x94" + text(b"x" * size) + b"cm\nf\n\x86\x94("
        + b"h\x00h\x01\x81" * size + b"l"
    ),
    "attributes of attributes": lambda size: (
        b"cbuiltins\ngetattr\n\x94" + text(b"x" * size) + b"\x94cm\nn\n"
        + b"\x94h\x000" + b"".join(
            b"h\x00j" + struct.pack("<I", 2 + number) + b"h\x01\x86R\x94" for number in range(size)
        )
    ),
    "rrefs with a long type": lambda size: (
        text(b"x" * size) + b"\x94cbuiltins\ngetattr\n" + INTERNAL + b"_InternalRPCPickler\n"
        + text(b"_py_rref_receiver") + b"\x86R\x94("
        + b"h\x01(K\x01K\x01K\x01K\x01K\x01K\x01h\x00t\x85R" * size + b"l"
    ),
    "keys of one hash": lambda size: b"(" + b"".join(
        b"\x8a\x0a" + (number * (2**61 - 1)).to_bytes(10, "little") for number in range(size)
    ) + b"\x91",
    "many memo indices": lambda size: b"N" + b"r\xff\xff\xff\x7f\x94" * size,
}  # fmt: skip


@pytest.mark.parametrize("shape", GROWING.values(), ids=GROWING)
def test_work_and_memory_grow_with_the_size_alone(shape: Callable[[int], bytes]) -> None:
    for size in (100, 1000):
        payload = HEADER + shape(size) + b"."
        # Each step that is counted takes a few calls.
        limit = 5 * WORK_PER_BYTE * len(payload)
        assert work_of(lambda payload=payload: attempt(payload)) < limit  # type: ignore[misc]
        peak = peak_of(lambda payload=payload: attempt(payload))  # type: ignore[misc]
        assert peak < PROPORTION * len(payload) + 100_000


LIMITED = {
    "a doubled key": 60,
    "a doubled key of a set": 60,
    "doubled frozensets": 60,
    "a long list in many sets": 2000,
    "a long key in many dicts": 50_000,
    "a long number in many dicts": 50_000,
    "long bytes in many bytearrays": 2000,
    "a long text encoded many times": 2000,
    "long arguments of many functions": 2000,
    "long texts of exceptions": 2000,
}


@pytest.mark.parametrize(("shape", "size"), LIMITED.items(), ids=LIMITED)
def test_work_for_references_is_limited(shape: str, size: int) -> None:
    python = SerializedPyObj(HEADER + GROWING[shape](size) + b".")
    assert python.rrefs() == ()
    with pytest.raises(DecodeError, match="expected references that take no more than"):
        python.to_python()


def test_writing_shared_parts_is_little_work() -> None:
    value: Any = []
    for _ in range(150):
        value = [value, value]
    assert work_of(lambda: SerializedPyObj.from_python(value)) < 25_000
    assert len(SerializedPyObj.from_python(value).payload) < 3000
    assert SerializedPyObj.from_python(value).to_python()[0][1][0] != []


def test_nothing_is_written_of_a_value_that_is_refused() -> None:
    inner: list[Any] = [TENSOR, "text"]
    inner.append(inner)
    with pytest.raises(EncodeError):
        SerializedPyObj.from_python(inner)
    inner.pop()
    assert SerializedPyObj.from_python(inner).tensors == (TENSOR,)

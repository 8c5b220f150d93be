"""Plain data, compared with what Python's own pickler writes and reads."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import DecodeError, EncodeError, PythonUDF, SerializedPyObj
from rref_proto.python_object.keys import MAX_KEY_DEPTH, MOST_WITH_ONE_HASH
from rref_proto.python_object.values import MAX_DEPTH

PROTOCOLS = [2, 3, 4, 5]
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(), max_size=20),  # also half a surrogate pair, which UTF-8 does not have
    st.binary(max_size=20),
    st.binary(max_size=20).map(bytearray),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),  # the order of a set with a NaN is another each time
    st.text(max_size=20),
    st.binary(max_size=20),
)
keys = st.one_of(
    scalars,
    st.lists(scalars, max_size=3).map(tuple),
    st.frozensets(scalars, max_size=3),
    st.frozensets(st.tuples(scalars), max_size=3),
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=5).map(tuple),
        inner.map(lambda value: [value, (value, value)]),
        st.dictionaries(keys, inner, max_size=5),
        st.sets(keys, max_size=5),
        st.frozensets(keys, max_size=5),
    )


plain_data = st.recursive(leaves, containers, max_leaves=20)
# Values that have another form from a certain size on.
SIZES = {
    "ints": [0, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -1, -(2**31), -(2**31) - 1],
    "long ints": [2**2039 - 1, 2**2039, -(2**2039), -(2**2039) - 1, 2**2040],
    "texts": ["x" * 255, "y" * 256, "é" * 128],
    "bytes": [b"x" * 255, b"y" * 256, b"", bytearray()],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "one item": [[1], {1: 2}, {1}, frozenset([1])],
    "many values": [str(number) for number in range(600)] * 2,
    "a full batch": [list(range(1000)), dict.fromkeys(range(1000)), set(range(1000))],
    "more than a batch": [list(range(1001)), dict.fromkeys(range(2500)), set(range(2001))],
    "frames": ["x" * 1000 + str(number) for number in range(200)],
    "a long text": ["x" * (2**16 - 1), 1, "y" * 2**16, "z" * 2**16, 2],
    "long bytes": [1, b"y" * 2**16, bytearray(b"z" * 2**16), b"x" * (2**16 - 1)],
    "no frame": None,
    "a frame": 1000,
}


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two values are equal, of the same types, and share the same parts."""
    return pickle.dumps(ours, 4) == pickle.dumps(theirs, 4)


@given(plain_data)
@every_protocol
def test_what_python_writes_is_read(protocol: int, value: Any) -> None:
    written = pickle.dumps(value, protocol)
    assert same(SerializedPyObj(written).to_python(), pickle.loads(written))
    assert SerializedPyObj(written).rrefs() == ()


@given(plain_data)
def test_the_bytes_are_those_that_python_writes(value: Any) -> None:
    assert SerializedPyObj.from_python(value) == SerializedPyObj(pickle.dumps(value, 4))


@pytest.mark.parametrize("value", SIZES.values(), ids=SIZES)
def test_the_bytes_are_those_that_python_writes_at_every_size(value: Any) -> None:
    assert SerializedPyObj.from_python(value).payload == pickle.dumps(value, 4)
    for protocol in PROTOCOLS:
        assert same(SerializedPyObj(pickle.dumps(value, protocol)).to_python(), value)


@every_protocol
def test_shared_parts_are_shared_again(protocol: int) -> None:
    inner: list[int] = [1]
    data, entry = bytearray(b"x"), {"key": inner}
    written = pickle.dumps([inner, (inner, data), data, entry, entry], protocol)
    first, (second, some), other, third, fourth = SerializedPyObj(written).to_python()
    assert first is second is third["key"]
    assert some is other
    assert third is fourth


def test_bytes_after_the_end_are_ignored() -> None:
    assert SerializedPyObj(pickle.dumps([1]) + b"more").to_python() == [1]


def nested(levels: int, wrap: Any, value: Any = 1) -> Any:
    for _ in range(levels):
        value = wrap(value)
    return value


WRAPPERS = {
    "list": lambda value: [value],
    "tuple": lambda value: (value,),
    "dict": lambda value: {1: value},
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_nesting_has_a_limit(wrap: Any) -> None:
    deepest = nested(MAX_DEPTH, wrap)
    assert SerializedPyObj.from_python(deepest).to_python() == deepest
    for levels in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(EncodeError, match=f"at most {MAX_DEPTH} levels of nesting"):
            SerializedPyObj.from_python(nested(levels, wrap))


def test_the_deepest_value_can_be_compared_printed_and_copied() -> None:
    # Each call is two levels: itself and the tuple of its arguments.
    deepest = nested(MAX_DEPTH // 2, lambda value: PythonUDF("module.function", (value,)))
    again = SerializedPyObj.from_python(deepest).to_python()
    assert again == deepest
    assert repr(again) == repr(deepest)
    assert pickle.loads(pickle.dumps(again)) == deepest
    assert copy.deepcopy(nested(MAX_DEPTH, lambda value: [value]))
    with pytest.raises(EncodeError, match=f"at most {MAX_DEPTH} levels of nesting"):
        SerializedPyObj.from_python([deepest])


@pytest.mark.parametrize("leaf", [bytearray(), bytearray(b"a"), 1j], ids=repr)
def test_what_is_made_by_a_call_is_no_level(leaf: Any) -> None:
    deepest = nested(MAX_DEPTH, lambda value: [value], leaf)
    assert SerializedPyObj.from_python(deepest).to_python() == deepest


def test_a_pickle_nested_too_deep_is_refused() -> None:
    for levels in (MAX_DEPTH + 1, 200_000):
        deep = SerializedPyObj(b"\x80\x04N" + b"\x85" * levels + b".")
        assert deep.rrefs() == ()
        with pytest.raises(DecodeError, match=f"at most {MAX_DEPTH} levels of nesting"):
            deep.to_python()


def cycles() -> dict[str, Any]:
    a_list: list[Any] = [1]
    a_list.append(a_list)
    a_dict: dict[str, Any] = {}
    a_dict["itself"] = [a_dict]
    inner: list[Any] = []
    a_tuple = (inner,)
    inner.append(a_tuple)
    return {"list": a_list, "dict": a_dict, "tuple": a_tuple}


@pytest.mark.parametrize("value", cycles().values(), ids=cycles())
def test_a_value_that_contains_itself_is_refused(value: Any) -> None:
    for protocol in PROTOCOLS:
        cyclic = SerializedPyObj(pickle.dumps(value, protocol))
        assert cyclic.rrefs() == ()
        with pytest.raises(DecodeError, match="that contains itself"):
            cyclic.to_python()
    with pytest.raises(EncodeError, match="that contains itself"):
        SerializedPyObj.from_python(value)


# Keys as a pickle can name them, and Python cannot have them.
KEYS = {
    "a list": b"]",
    "a dict": b"}",
    "a set": b"\x8f",
    "a tuple with a list": b"]\x85",
    "a bytearray": b"\x96\x00\x00\x00\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_that_cannot_be_hashed_is_refused(key: bytes) -> None:
    for payload in (b"}" + key + b"Ns", b"\x8f(" + key + b"\x90", b"(" + key + b"\x91"):
        with pytest.raises(DecodeError, match=r"byte \d+ .*a key that can be hashed, got"):
            SerializedPyObj(b"\x80\x05" + payload + b".").to_python()


def test_a_key_has_a_limit_of_nesting() -> None:
    def keyed(levels: int) -> SerializedPyObj:
        return SerializedPyObj(b"\x80\x04}N" + b"\x85" * levels + b"Ns.")

    key: Any = None
    for _ in range(MAX_KEY_DEPTH):
        key = (key,)
    assert keyed(MAX_KEY_DEPTH).to_python() == {key: None}
    with pytest.raises(DecodeError, match=f"a key of at most {MAX_KEY_DEPTH} levels"):
        keyed(MAX_KEY_DEPTH + 1).to_python()


def test_many_keys_of_one_hash_are_refused() -> None:
    modulus = 2**61 - 1  # the hashes of its multiples are zero
    few = {number * modulus for number in range(MOST_WITH_ONE_HASH)}
    assert SerializedPyObj(pickle.dumps(few)).to_python() == few
    many = [number * modulus for number in range(MOST_WITH_ONE_HASH + 1)]
    for value in (set(many), frozenset(many), dict.fromkeys(many)):
        for protocol in PROTOCOLS:
            with pytest.raises(DecodeError, match="at most 100 keys of one hash, got 101"):
                SerializedPyObj(pickle.dumps(value, protocol)).to_python()


class Number(int):
    pass


@pytest.mark.parametrize("value", [Number(3), object(), int, len, slice(1), range(3)])
def test_what_is_no_plain_data_is_not_written(value: Any) -> None:
    for outer in (value, [value], {1: (value,)}):
        with pytest.raises(TypeError, match=f"expected plain data, got {type(value).__name__}"):
            SerializedPyObj.from_python(outer)

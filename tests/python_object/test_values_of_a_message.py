"""A Python object as a pickle and tensors, and as the values of a message."""

from __future__ import annotations

from hypothesis import given

from rref_proto import IValue, SerializedPyObj

from strategies import python_objects


@given(python_objects)
def test_a_python_object_becomes_values_and_comes_back(python: SerializedPyObj) -> None:
    values = python.toIValues()
    assert [value.type for value in values] == ["Tensor"] * len(python.tensors) + ["str"]
    assert SerializedPyObj.fromIValues(values) == python
    assert SerializedPyObj.fromIValues(list(values)) == python


def test_a_pickle_that_came_as_text_is_bytes_again() -> None:
    assert SerializedPyObj.fromIValues([IValue("string_value", "é")]).payload == "é".encode()

"""The deepest values that the library accepts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rref_proto import EncodeError, IValue
from rref_proto.ivalue.base import MAX_DEPTH

ONE = IValue("int_value", 1)


def in_tuple(inner: IValue) -> IValue:
    return IValue("tuple_value", (inner,))


def deepest(core: IValue = ONE, wrap: Callable[[IValue], IValue] = in_tuple) -> IValue:
    """Wrap a value again and again, until it is refused for its depth."""
    value = core
    with pytest.raises(EncodeError, match=f"expected at most {MAX_DEPTH} levels of nesting"):
        while True:
            value = wrap(value)
    return value

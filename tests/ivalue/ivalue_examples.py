"""IValues that several tests use, and how they compare values."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

from rref_proto import (
    Device,
    EnumHolder,
    ForkId,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    RRefId,
    ScalarType,
    ScriptObject,
    Tensor,
)

NAN = math.nan
TENSOR = Tensor(ScalarType.uint8, [2], b"ab")
OTHER = Tensor(ScalarType.float32, [1], b"\0\0\0\0", True, Device("cuda", 0))
DEVICE = Device("cuda", 3)
ONE, TEXT, NONE = IValue("int_value", 1), IValue("string_value", "a"), IValue("none_value")
LIST = GenericList("List[str]", (TEXT,))
DICT = GenericDict("Dict[str, int]", ((TEXT, ONE),))
OBJECT = ScriptObject("__torch__.m.Point", (("x", ONE), ("y", NONE)))
STATE = ScriptObject("__torch__.m.Point", (), ONE)
ENUM = EnumHolder("__torch__.m.Color", ONE)
RREF = RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6, "int")
TYPED = (LIST, DICT, OBJECT, STATE, ENUM, RREF)


class Color(str, Enum):
    RED = "red"


def same(one: Any, other: Any) -> bool:
    """Tell whether two Python values have equal types, and equal reprs: -0.0 is not 0.0 here."""
    return type(one) is type(other) and repr(one) == repr(other)

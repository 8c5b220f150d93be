"""The content of the vectors: edge values of every kind by name, and bytes that must be refused."""

from __future__ import annotations

import struct
import sys
from typing import Any

from languages import RUNS_PAST_PARENT

from rref_proto import (
    Device,
    EnumHolder,
    ForkId,
    IValue,
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
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
from rref_proto.ivalue.base import MAX_DEPTH

INT16 = (-(2**15), 2**15 - 1)
INT64 = (-(2**63), 2**63 - 1)
IDS = {
    "zeros": (0, 0),
    "small": (1, 2),
    "minus one": (-1, -1),
    "one byte more": (128, 256),
    "lower ends": (INT16[0], INT64[0]),
    "upper ends": (INT16[1], INT64[1]),
}
RREF, FORK = RRefId(1, 0), ForkId(1, 2)
LOWEST = RRefId(INT16[0], INT64[0]), ForkId(INT16[1], INT64[1])

# Fields that no version of the schema has yet: a varint, 8 bytes, bytes, a group, 4 bytes. They
# come after the known fields, where a canonical writer puts unknown fields.
UNKNOWN = bytes.fromhex("c03e01 c93e0102030405060708 d23e03616263 db3e0801dc3e e53e01020304")
# One field that a later version could add: to Message.body the number 25, to IValue.kind 20.
LATER_BODY = bytes.fromhex("ca0103080102")
LATER_KIND = bytes.fromhex("a2010101")


def from_bits(bits: int) -> float:
    return float(struct.unpack(">d", struct.pack(">Q", bits))[0])


DOUBLES = {
    "zero": 0.0,
    "minus zero": -0.0,
    "plain": -1.5,
    "smallest": 5e-324,
    "largest": sys.float_info.max,
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "NaN": from_bits(0x7FF8000000000000),
    "NaN with a payload": from_bits(0x7FF8123456789ABC),
    "NaN with a sign": from_bits(0xFFF8000000000001),
    "NaN that signals": from_bits(0x7FF0000000000001),
}
STRINGS = {"empty": "", "NUL": "a\0b", "of 1 to 4 bytes": "aé中😀", "of 300 bytes": "x" * 300}
MATRIX = Tensor(ScalarType.float32, (2, 3), struct.pack("<6f", *range(6)))
SCALAR = Tensor(ScalarType.int64, (), struct.pack("<q", -1), device=Device("cuda", 1))
POINT, COLOR = "__torch__.shapes.Point", "__torch__.shapes.Color"


def ivalue(value: Any, type: str | None = None) -> IValue:
    """Call `IValue.from_python`. The short name keeps the tables below readable."""
    return IValue.from_python(value, type)


def deepest() -> IValue:
    """Return the deepest value that is allowed. An object and the IValue around it are 2 levels."""
    value = ivalue(ScriptObject(POINT))
    for _ in range(MAX_DEPTH // 2 - 1):
        value = ivalue(ScriptObject(POINT, state=value))
    return value


VALUES: dict[str, IValue] = {
    "none": ivalue(None),
    "bool false": ivalue(False),
    "bool true": ivalue(True),
    **{f"int {number}": ivalue(number) for number in (0, 1, -1, 255, 2**31, *INT64)},
    **{f"float {name}": ivalue(number) for name, number in DOUBLES.items()},
    "complex zeros": ivalue(0j),
    "complex minus zeros": ivalue(complex(-0.0, -0.0)),
    "complex NaN": ivalue(complex(DOUBLES["NaN with a payload"], float("-inf"))),
    **{f"str {name}": ivalue(text) for name, text in STRINGS.items()},
    "str not UTF-8": ivalue(b"\xff\xfe\0\x80"),
    "str of a lone surrogate": ivalue(b"\xed\xa0\x80"),
    "tensor": ivalue(MATRIX),
    "tensor twice": ivalue((MATRIX, SCALAR, MATRIX)),
    "tuple empty": ivalue(()),
    "tuple nested": ivalue((1, (2.5, ("three", (None, ()))))),
    "int list empty": ivalue([], "List[int]"),
    "int list": ivalue([0, 1, -1, *INT64]),
    "float list empty": ivalue([], "List[float]"),
    "float list": ivalue(list(DOUBLES.values())),
    "bool list empty": ivalue([], "List[bool]"),
    "bool list": ivalue([True, False, True]),
    "tensor list empty": ivalue([], "List[Tensor]"),
    "tensor list": ivalue([MATRIX, SCALAR, MATRIX]),
    "list empty": ivalue([], "List[str]"),
    "list of strings": ivalue(["", "a", b"\xff"], "List[str]"),
    "list of lists": ivalue([[], [1], [2, 3]], "List[List[int]]"),
    "list of optionals": ivalue([None, MATRIX, None], "List[Optional[Tensor]]"),
    "dict empty": ivalue({}, "Dict[str, int]"),
    "dict keeps its order": ivalue({"b": 1, "a": 2, "": 3}),
    "dict nested": ivalue({"a": {1: [0.5]}, "b": {}}, "Dict[str, Dict[int, List[float]]]"),
    "dict of float keys": ivalue({-0.0: "zero", float("inf"): "infinity"}),
    "device": ivalue(Device("cpu")),
    "device 0": ivalue(Device("cuda", 0)),
    "device 127": ivalue(Device("xpu", 127)),
    "object without attributes": ivalue(ScriptObject(POINT)),
    "object": ivalue(ScriptObject(POINT, (("x", ivalue(1)), ("y", ivalue(MATRIX))))),
    "object with a state": ivalue(ScriptObject(POINT, state=ivalue(("x", 1)))),
    "object of objects to the deepest level": deepest(),
    "enum of an int": ivalue(EnumHolder(COLOR, ivalue(0))),
    "enum of a float": ivalue(EnumHolder(COLOR, ivalue(-0.0))),
    "enum of a str": ivalue(EnumHolder(COLOR, ivalue("red"))),
    "rref": ivalue(RRefForkData(0, RREF, FORK, 1, "Tensor")),
    "rref at the ends": ivalue(RRefForkData(INT16[0], *LOWEST, INT16[1], "")),
    "list of rrefs": ivalue([ivalue(RRefForkData(0, RREF, FORK, 1, "int"))], "List[RRef[int]]"),
}

COMMANDS: dict[str, RpcCommandBase] = {
    "RemoteRet": RemoteRet(RREF, FORK),
    "RemoteRet to the owner itself": RemoteRet(RREF, ForkId(1, 0)),
    "ScriptRRefFetchCall": ScriptRRefFetchCall(2, RREF),
    "PythonRRefFetchCall at the end": PythonRRefFetchCall(INT16[0], LOWEST[0]),
    "ScriptRRefFetchRet": ScriptRRefFetchRet([ivalue(MATRIX)]),
    "PythonRRefFetchRet": PythonRRefFetchRet(
        SerializedPyObj(b"\x80\x04N.", (MATRIX, SCALAR)).toIValues()
    ),
    "PythonRRefFetchRet that is UTF-8": PythonRRefFetchRet([ivalue("N.")]),
    "RRefUserDelete": RRefUserDelete(RREF, FORK),
    "RRefUserDelete at the ends": RRefUserDelete(*LOWEST),
    "RRefForkRequest": RRefForkRequest(RREF, FORK),
    "RRefChildAccept": RRefChildAccept(FORK),
    "RRefAck": RRefAck(),
}

ADD = Operator(
    "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", "torch.ops.aten.add"
)
FUNCTION = "__torch__.my_module.my_function"
PYTHON = SerializedPyObj(b"\x80\x04N.", (MATRIX, SCALAR))
NO_PYTHON = SerializedPyObj(b"")

CALLS: dict[str, RpcCommandBase] = {
    "ScriptCall of an operator": ScriptCall(ADD, [ivalue(MATRIX), ivalue(SCALAR), ivalue(1)]),
    "ScriptCall of an operator by the prefix alone": ScriptCall(
        Operator(ADD.schema, "torch.ops.aten."), []
    ),
    "ScriptCall of a function": ScriptCall(FUNCTION, [ivalue("text"), ivalue([MATRIX])]),
    "ScriptCall that is asynchronous": ScriptCall("é", [], True),
    "ScriptCall of an RRef": ScriptCall(FUNCTION, [VALUES["rref"], VALUES["list of rrefs"]]),
    "ScriptRemoteCall of an operator": ScriptRemoteCall(ADD, [ivalue(MATRIX)], RREF, FORK),
    "ScriptRemoteCall of a function": ScriptRemoteCall(FUNCTION, [], *LOWEST, True),
    "ScriptRemoteCall to oneself": ScriptRemoteCall(FUNCTION, [ivalue(())], RREF, ForkId(1, 0)),
    "ScriptResp": ScriptResp(ivalue(MATRIX)),
    "ScriptResp of a tuple": ScriptResp(ivalue((1, "a"))),
    "PythonCall": PythonCall(PYTHON, False),
    "PythonCall that is asynchronous": PythonCall(NO_PYTHON, True),
    "PythonRemoteCall": PythonRemoteCall(PYTHON, RREF, FORK, False),
    "PythonRemoteCall at the ends": PythonRemoteCall(NO_PYTHON, *LOWEST, True),
    "PythonResp": PythonResp(PYTHON),
    "PythonResp of nothing": PythonResp(NO_PYTHON),
    "RemoteException": RemoteException("RuntimeError: é\nat line 1"),
    "RemoteException without a text": RemoteException(""),
    "RemoteException not UTF-8": RemoteException(b"\xff\0"),
}

# Every protobuf parser must refuse these bytes, read as a message of this name.
REFUSED = {
    "cut off in a tag": ("RRefId", "80"),
    "cut off before a varint": ("RRefId", "08"),
    "cut off in a varint": ("RRefId", "0880"),
    "cut off in a double": ("IValue", "19000000"),
    "cut off before a length": ("IValue", "3a"),
    "cut off in a string": ("IValue", "3a0561"),
    "cut off in bytes": ("Tensor", "1a04000000"),
    "cut off in a nested message": ("RRefUserDelete", "0a03 0801"),
    "cut off in an unknown field": ("RRefAck", "d23e03 6162"),
    "nested message that its parent cuts off": ("RRefUserDelete", "0a02 0880 1200"),
    RUNS_PAST_PARENT: ("RRefUserDelete", "0a02 0880 01"),
    "packed doubles cut off": ("IValue", "5a06 0a04 00000000"),
    "packed ints cut off": ("IValue", "5203 0a01 80"),
    "length of 4 GiB": ("IValue", "3affffffff0f 61"),
    "length of 2**64 - 1": ("IValue", "3affffffffffffffffff01 61"),
    "varint of 11 bytes": ("RRefId", "08 ffffffffffffffffffff 01"),
    "field number 0": ("RRefId", "0001"),
    "field number 0 with bytes": ("RRefId", "020161"),
    "wire type 6": ("RRefId", "0e"),
    "wire type 7": ("RRefId", "0f"),
    "group that does not end": ("RRefAck", "c33e 0801"),
    "group that ends as another": ("RRefAck", "c33e cc3e"),
    "group that was not begun": ("RRefAck", "c43e"),
    "string that is not UTF-8": ("IValue", "3a01 ff"),
    "string with a sequence cut off": ("IValue", "3a02 61c3"),
    "string with a surrogate": ("IValue", "3a03 eda080"),
    "string with an overlong sequence": ("IValue", "3a02 c080"),
    "string deep inside that is not UTF-8": ("Message", "4a05 0a03 3a01 ff"),
}

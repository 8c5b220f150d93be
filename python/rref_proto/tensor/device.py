"""Device: a place that has memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .._check import check_int, check_str, check_type
from .._text import short_repr
from .._wire import unknown_fields
from ..errors import DecodeError, EncodeError
from ..v1 import tensor_pb2

# The longest of c10's names has 13 letters.
DEVICE_TYPE = re.compile(r"[a-zA-Z_]{1,32}")
DEVICE = re.compile(r"([a-zA-Z_]{1,32})(?::(0|[1-9][0-9]{0,2}))?")
DEVICE_INDEX_RANGE = (0, 127)


@dataclass(frozen=True, slots=True)
class Device:
    """A place that has memory: `type` ("cpu", "cuda") and which of that type, 0 to 127, or None.

    Raises EncodeError where c10 would not take the type or the index. Fields of a later version are
    kept, but neither repr nor dataclasses.replace has them.
    Source: the message Device of tensor.proto; libtorch's c10::Device.
    """

    type: str
    index: int | None = None
    # Fields of a later version, as they were read.
    _unknown: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        device_type = check_str(self.type, "Device.type")
        if not DEVICE_TYPE.fullmatch(device_type):
            problem = f"expected 1 to 32 letters and underscores, got {short_repr(device_type)}"
            raise EncodeError(problem, "Device.type")
        object.__setattr__(self, "type", device_type)
        if self.index is not None:
            index = check_int(self.index, DEVICE_INDEX_RANGE, "Device.index")
            object.__setattr__(self, "index", index)

    @classmethod
    def parse(cls, text: str) -> Device:
        """Read torch's notation, "cuda" or "cuda:3". Raises DecodeError for any other text."""
        check_type(text, str, "Device.parse")
        match = DEVICE.fullmatch(text)
        if not match or int(match[2] or 0) > DEVICE_INDEX_RANGE[1]:
            raise DecodeError(f'expected a device such as "cuda:3", got {short_repr(text)}')
        return cls(match[1], None if match[2] is None else int(match[2]))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def _to_proto(self, proto: tensor_pb2.Device) -> None:
        """Set every field of `proto`, a new generated Device."""
        proto.MergeFromString(self._unknown)
        proto.type = self.type
        if self.index is not None:
            proto.index = self.index

    @classmethod
    def _from_proto(cls, proto: tensor_pb2.Device) -> Device:
        """Read a generated Device. Raises EncodeError where c10 would not take it."""
        device = cls(proto.type, proto.index if proto.HasField("index") else None)
        if unknown := unknown_fields(proto):
            object.__setattr__(device, "_unknown", unknown)
        return device


CPU = Device("cpu")

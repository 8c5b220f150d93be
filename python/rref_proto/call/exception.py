"""RemoteException: says that a request failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._check import check_str, check_type
from ..errors import DecodeError
from ..rpc_command import RpcCommandBase
from ..tensor import Tensor, TensorTable

_set = object.__setattr__  # the class is frozen


@dataclass(frozen=True, slots=True)
class RemoteException(RpcCommandBase):
    """Says that a request failed: `what` is a str, or bytes where it is not UTF-8.

    Bytes that are UTF-8 become a str. Source: the message of this name in call.proto; libtorch
    has no class for it, but the MessageType EXCEPTION.
    """

    what: str | bytes

    def __post_init__(self) -> None:
        check_type(self.what, (str, bytes), "RemoteException.what")
        if isinstance(self.what, bytes):
            _set(self, "what", _text_or_bytes(self.what))
        else:
            _set(self, "what", check_str(self.what, "RemoteException.what"))

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> RemoteException:
        kind = body.WhichOneof("what")
        if kind is None:
            raise DecodeError("expected a text, found none", "what")
        return cls(getattr(body, kind))

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        if isinstance(self.what, str):
            body.text = self.what
        else:
            body.raw = self.what


def _text_or_bytes(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return bytes(data)

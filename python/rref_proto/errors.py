"""The errors that this package raises for bytes and values that are not valid.

A value of a wrong Python type is a TypeError. Timeouts and lost connections are Python's own
TimeoutError and ConnectionError.
"""

from __future__ import annotations

from copy import copy
from typing import TypeVar

from ._text import shown

_Error = TypeVar("_Error", bound="RRefProtoError")


class RRefProtoError(Exception):
    """Base of all errors of this package. Only its subclasses are raised.

    `problem` says what was expected and what came; `where` says at which place: the path of a
    field such as "script_rref_fetch_ret.values[0]", or a byte of a payload. Both are printable
    text of bounded length, whatever the input was.
    """

    def __init__(self, problem: str, where: str = "") -> None:
        self.problem = shown(problem)
        self.where = shown(where)
        super().__init__(self.problem, self.where)

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}" if self.where else self.problem

    def within(self: _Error, place: str, joint: str = ".") -> _Error:
        """Return the same error with `place` and `joint` in front of its own place."""
        placed = copy(self)
        placed.where = shown(f"{place}{joint}{self.where}" if self.where else place)
        placed.args = (placed.problem, placed.where)
        return placed

    def as_decode_error(self, place: str = "", joint: str = ".") -> DecodeError:
        """Return the same error as one about what was read, `place` in front of its place."""
        placed = self.within(place, joint) if place else self
        return DecodeError(placed.problem, placed.where)


class DecodeError(RRefProtoError, ValueError):
    """What was read, bytes or a generated message, is no valid message."""


class MessageTypeError(DecodeError):
    """The message is valid, but of another type than the one asked for."""


class EncodeError(RRefProtoError, ValueError):
    """The value cannot be sent: an identifier out of range, nesting too deep, too large."""


class LocalProtocolError(RRefProtoError):
    """The program breaks a rule of the RRef protocol. Nothing has been sent."""


class RemoteProtocolError(RRefProtoError):
    """Another worker breaks a rule of the RRef protocol."""


class RemoteError(RRefProtoError):
    """Another worker answered that a request failed.

    `text` is what it said, in full. Source: libtorch's message type EXCEPTION.
    """

    def __init__(self, text: str, where: str = "") -> None:
        super().__init__(text, where)
        self.text = text

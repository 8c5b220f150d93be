"""The errors of the package: whatever bytes or values come in, nothing else is raised for them."""

from __future__ import annotations

from typing import TypeVar

_Error = TypeVar("_Error", bound="RRefProtoError")


class RRefProtoError(ValueError):
    """Base of all errors of this package that are about a value or about bytes.

    `problem` says what was expected and what came, `where` at which place: a field path such as
    "script_rref_fetch_ret.values[0]", or a byte of a payload. A value of a wrong Python type is a
    TypeError instead.
    """

    def __init__(self, problem: str, where: str = "") -> None:
        super().__init__(problem, where)
        self.problem = problem
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}" if self.where else self.problem

    def within(self: _Error, place: str) -> _Error:
        """Return the same error with `place`, a field or words, in front of its own place."""
        joint = ", " if " " in place else "."
        return type(self)(self.problem, f"{place}{joint}{self.where}" if self.where else place)


class DecodeError(RRefProtoError):
    """The bytes, or the generated message, are no valid message."""


class MessageTypeError(DecodeError):
    """The message is valid, but of another type than the one asked for."""


class EncodeError(RRefProtoError):
    """The value cannot be sent: an identifier out of range, nesting too deep, too large."""

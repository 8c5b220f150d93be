"""The values of a pickle, between the reader and plain Python."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final

from .._pickle_opcodes import Global
from .._text import shown


class Kind(Enum):
    """What a Node is."""

    TUPLE = auto()
    LIST = auto()
    DICT = auto()  # its items are a key, its value, the next key, and so on
    SET = auto()
    FROZENSET = auto()
    CALL = auto()  # its items are the arguments


class Node:
    """A value that is made of others, its items.

    An item is None, bool, int, float, str, bytes or RRefForkData as it is, a Global (the name of a
    class or function), OPAQUE or another Node. `start` is the byte at which the value was made.
    """

    __slots__ = ("items", "kind", "start")

    def __init__(self, kind: Kind, items: list[Any], start: int) -> None:
        self.kind = kind
        self.items = items
        self.start = start


class CallNode(Node):
    """A value that is made by a call. `make` is what makes it here."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[..., Any], items: list[Any], start: int) -> None:
        super().__init__(Kind.CALL, items, start)
        self.make = make


class Opaque:
    """A value that is no plain data. What it is does not matter."""

    __slots__ = ()


OPAQUE: Final = Opaque()


def described(value: Any) -> str:
    """Return what a value is, for an error. Long names are cut, so this is little work."""
    if isinstance(value, Global):
        return f"the name {short_name(value)}"
    if isinstance(value, Node):
        return "a call" if value.kind is Kind.CALL else f"a {value.kind.name.lower()}"
    return "an object" if value is OPAQUE else type(value).__name__


def short_name(found: Global) -> str:
    """Return the name of a class or function, for an error."""
    return f"{shown(found.module)}.{shown(found.name)}"

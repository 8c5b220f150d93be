"""How large a Python value is with everything written out, and what types its parts have.

A list that is in several places of a value is written in each of them: protobuf cannot say that two
values are one object. `x = [x, x]` thirty times would be a billion lists. So the size is found
first, and each container is looked at once for it, however often it is met.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import EncodeError
from .base import MAX_DEPTH, IValueBase
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject

# What one value takes beside its text, about.
NODE_BYTES = 16
# Types whose values take no more than that.
SMALL = {type(None), bool, int, float}
TEXT = {str, bytes}
TYPED = (GenericList, GenericDict, ScriptObject, EnumHolder, RRefForkData)


class Measured:
    """What was found out about the containers in one value, which must not change meanwhile."""

    def __init__(self) -> None:
        # By the identity of a list or tuple inside the value, the exact types of its elements.
        self.element_types: dict[int, set[type]] = {}
        # By the identity of a container.
        self._sizes: dict[int, int] = {}
        # All of them, so that no other object gets the identity of one: a subclass of list can make
        # its elements when it is asked for them.
        self._containers: list[Any] = []

    def size(self, value: Any, level: int = 0) -> int:
        """Return about how many bytes `value` takes in a message, tensors' data not counted.

        Raises EncodeError for nesting without end.
        """
        identity = id(value)
        if identity in self._sizes:
            return self._sizes[identity]
        if isinstance(value, (list, tuple)):
            types = self.element_types[identity] = set(map(type, value))
            # Most lists need no more than this line.
            size = NODE_BYTES * (len(value) + 1)
            if not types <= SMALL:
                size = self._size_of_items(value, types, level)
        elif isinstance(value, dict):
            keys, items = list(value), list(value.values())
            size = self._size_of_items(keys, set(map(type, keys)), level)
            size += self._size_of_items(items, set(map(type, items)), level)
        elif isinstance(value, (str, bytes)):
            return NODE_BYTES + len(value)
        elif isinstance(value, (IValueBase, TYPED)):
            size = self._size_of_typed(value)
        else:
            return NODE_BYTES
        self._sizes[identity] = size
        self._containers.append(value)
        return size

    def types(self, items: list[Any] | tuple[Any, ...]) -> set[type]:
        """Return the exact types of the elements of a list or tuple."""
        types = self.element_types.get(id(items))
        return set(map(type, items)) if types is None else types

    def types_inside(self, lists: Collection[list[Any]]) -> set[type]:
        """Return the exact types of the elements of lists that are inside the value."""
        return set().union(*map(self.types, lists))

    def _size_of_items(self, items: Collection[Any], types: set[type], level: int) -> int:
        if level > MAX_DEPTH:
            raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
        if types <= SMALL:
            return NODE_BYTES * (len(items) + 1)
        if types <= TEXT:
            return NODE_BYTES * (len(items) + 1) + sum(map(len, items))
        size = NODE_BYTES
        for item in items:
            size += self.size(item, level + 1)
        return size

    def _size_of_typed(self, value: Any) -> int:
        match value:
            case IValueBase():
                return value.byte_size
            case GenericList(type, elements):
                return NODE_BYTES + len(type) + sum(map(self.size, elements))
            case GenericDict(type, entries):
                parts = sum(self.size(each) for entry in entries for each in entry)
                return NODE_BYTES + len(type) + parts
            case ScriptObject(type, attributes, state):
                named = sum(len(name) + self.size(item) for name, item in attributes)
                return NODE_BYTES + len(type) + named + self.size(state)
            case EnumHolder(type, member):
                return NODE_BYTES + len(type) + self.size(member)
        return NODE_BYTES + len(value.type_str)

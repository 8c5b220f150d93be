"""Writes plain data as a pickle, with the bytes that PyTorch's own RPC writes for it.

It writes protocol 4 as Python's own pickler in C does: the opcodes, the memo and the frames.
"""

from __future__ import annotations

from typing import Any

from .._check import wrong_type
from ..errors import EncodeError
from ..tensor import Tensor
from .output import LEAVES, PickleOutput
from .parts import WITH_PARTS, Parts
from .values import MAX_DEPTH, PythonUDF

LEVELS = frozenset({list, dict, set, frozenset, tuple, PythonUDF})


def write_pickle(value: Any) -> tuple[bytes, tuple[Tensor, ...]]:
    """Return plain data as a pickle, and the tensors that it refers to.

    Raises TypeError where a part of it is no plain data, EncodeError where it contains itself or is
    nested too deep.
    """
    writer = _Writer()
    writer.save(value)
    return writer.output.finish(), tuple(writer.output.tensors)


class _Writer:
    """One pickle being written: what is inside what now. There is no recursion."""

    def __init__(self) -> None:
        self.output = PickleOutput()
        # The values that are inside each other now, and by its id each that is a level of nesting.
        self.open: list[tuple[Any, Parts]] = []
        self.levels: set[int] = set()

    def save(self, root: Any) -> None:
        """Write a value with all its parts."""
        self.open.append((None, iter((root,))))
        while self.open:
            value, parts = self.open[-1]
            # The loop goes on with the part after the one at which it was left.
            for part in parts:
                if self.begin(part):
                    break
            else:
                self.open.pop()
                self.levels.discard(id(value))

    def begin(self, value: Any) -> bool:
        """Write a value without parts. Of any other write the beginning, and return True."""
        output = self.output
        output.before_value()
        kind = type(value)
        if id(value) in self.levels:
            raise EncodeError(f"expected plain data, got a {kind.__name__} that contains itself")
        if id(value) in output.memo:
            output.get(output.memo[id(value)])
            return False
        if kind in LEAVES:
            LEAVES[kind](output, value)
            return False
        if kind not in WITH_PARTS:
            raise wrong_type("plain data", value, "SerializedPyObj.from_python")
        if kind in LEVELS:
            if len(self.levels) == MAX_DEPTH:
                raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
            self.levels.add(id(value))
        self.open.append((value, WITH_PARTS[kind](output, value)))
        return True

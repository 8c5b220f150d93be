"""The stack machine for pickles of Python's: what it knows beside its stack."""

from __future__ import annotations

from typing import Any

from .._pickle_machine import PickleMachine
from .._text import short_repr
from ..errors import DecodeError
from ..ivalue import RRefForkData
from .nodes import OPAQUE, Kind, Node, described

# The digits of the index of a PUT or GET, which are written as text.
LONGEST_INDEX = 20


class Machine(PickleMachine):
    """One pickle of Python's that is being read. nodes.py says what is on the stack."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        self.protocol = 0
        self.forks: list[RRefForkData] = []
        self.unlike_plain_data: DecodeError | None = None

    def place(self) -> str:
        """Return where the opcode is that is being carried out."""
        return f"byte {self.start} of the pickle"

    def note(self, what: str) -> None:
        """Remember that this is no plain data. Only the first remark is kept."""
        if self.unlike_plain_data is None:
            problem = f"expected plain data, got {what}"
            self.unlike_plain_data = DecodeError(problem, self.place())

    def check_left(self, size: int) -> None:
        """Raise DecodeError where fewer than `size` bytes are left, or `size` is negative."""
        left = len(self.payload) - self.position
        if not 0 <= size <= left:
            raise DecodeError(f"expected {size} more bytes, got {left}")

    def text_line(self) -> str:
        """Return the text up to the next newline."""
        return decoded(self.line())

    def index_line(self) -> int:
        """Return the index of a PUT or GET."""
        line = self.line()
        if not line.isdigit() or len(line) > LONGEST_INDEX:
            raise DecodeError(f"expected an index of the memo, got {short_repr(line)}")
        return int(line)

    def top(self) -> Any:
        """Return the value that `pop` would pop."""
        self.check_top()
        return self.stack[-1]

    def pop_value_or_mark(self) -> None:
        """Undo the last push or MARK."""
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()

    def put(self, index: int) -> None:
        """Keep the value on top of the stack in the memo."""
        self.memo[index] = self.top()

    def get(self, index: int) -> None:
        """Push a value of the memo."""
        if index not in self.memo:
            raise DecodeError(f"expected an index of the memo that is set, got {index}")
        self.push(self.memo[index])

    def push_opaque(self, what: str) -> None:
        """Push a value that is no plain data."""
        self.note(what)
        self.push(OPAQUE)

    def push_node(self, kind: Kind, items: list[Any]) -> None:
        """Push a value that is made of `items`."""
        self.push(Node(kind, items, self.start))

    def add(self, kind: Kind, items: list[Any]) -> None:
        """Add items to the list, dict or set before them."""
        target = self.top()
        if isinstance(target, Node) and target.kind is kind:
            target.items += items
        else:
            self.note(f"items added to {described(target)}")


def decoded(data: bytes) -> str:
    """Return text as a pickle has it, also half a surrogate pair."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DecodeError(f"expected text in UTF-8: {error.reason}") from None

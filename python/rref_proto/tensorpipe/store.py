"""The protocol of torch's TCPStore: where the workers of a job find each other.

A request is written, and its answer comes before the next one is asked for. WAIT is answered once
its keys are there, so it blocks its connection. There is no framing: the answer tells its length.

An agent writes the Store's `opening()` once, then for each request:

    request = store.get("/rpc_prefix_0/names/0")
    write(request.data)
    answer = request.answer()
    while answer.missing:
        answer.receive(read_exactly(answer.missing))
    use(answer.value)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from enum import Enum
from struct import Struct
from typing import Any, Generic, TypeAlias, TypeVar

from .._check import INT64_RANGE, check_int, check_str
from ..errors import LocalProtocolError, RemoteProtocolError
from .limits import DEFAULT_LIMITS, Limits

_Value = TypeVar("_Value")
# Yields how many bytes it needs next, is sent them, returns the value.
_Reading: TypeAlias = Generator[int, bytes, _Value]

LENGTH = Struct("<Q")
NUMBER = Struct("<q")
# What a store of torch >= 2.2 wants to have first, and does not answer.
VALIDATION = Struct("<I").pack(0x3C85F7CE)
# Requests, by their first byte in torch >= 2.2. Before that, each of them had one less.
VALIDATE, SET, COMPARE_SET, GET, ADD, CHECK, WAIT, NUMBER_OF_KEYS, DELETE = range(9)


class Dialect(Enum):
    """How a store counts its requests. Its value is what is added to them."""

    CURRENT = 0
    BEFORE_2_2 = -1


class Answer(Generic[_Value]):
    """An answer that is being read.

    `missing` is how many bytes have to be read next, and 0 once `value` is there.
    """

    def __init__(self, reading: _Reading[_Value]) -> None:
        self._reading = reading
        self.missing = 0
        self.value: _Value | None = None
        self._resume(None)

    def receive(self, data: bytes) -> None:
        """Take the `missing` bytes. Raises RemoteProtocolError for what no store answers."""
        if len(data) != self.missing or not data:
            problem = f"expected {self.missing} bytes of the answer, got {len(data)}"
            raise LocalProtocolError(problem, "TCPStore")
        self._resume(data)

    def _resume(self, data: bytes | None) -> None:
        try:
            self.missing = next(self._reading) if data is None else self._reading.send(data)
        except StopIteration as end:
            self.missing, self.value = 0, end.value


class Request(Generic[_Value]):
    """A request: what to write, and how its answer is read."""

    def __init__(self, data: bytes, read: Callable[[], _Reading[_Value]]) -> None:
        self.data = data
        self._read = read

    def answer(self) -> Answer[_Value]:
        """Return the answer, nothing of which was read yet."""
        return Answer(self._read())


class Store:
    """Writes the requests to one store. Keys are whole, with all prefixes: keys.py has them.

    A store of the other dialect can hang at the first request, and with it all workers of the job.
    So whoever does not know the version of torch may probe it with a short timeout only.
    """

    def __init__(self, dialect: Dialect = Dialect.CURRENT, limits: Limits = DEFAULT_LIMITS) -> None:
        self.dialect = dialect
        self.limits = limits

    def opening(self) -> bytes:
        """Return what is written first to a connection."""
        return bytes([VALIDATE]) + VALIDATION if self.dialect is Dialect.CURRENT else b""

    def set(self, key: str, value: bytes) -> Request[None]:
        """Set a key. There is no answer."""
        return self._request(SET, _no_answer, _text(key), _blob(value))

    def compare_set(self, key: str, expected: bytes, new: bytes) -> Request[bytes]:
        """Set a key that has the value `expected`; the answer is the value that it has then.

        A key that is not there is set where `expected` is empty.
        """
        return self._request(COMPARE_SET, self._read_blob, _text(key), _blob(expected), _blob(new))

    def get(self, key: str) -> Request[bytes]:
        """Get the value of a key, which must be there: `wait` for it first."""
        return self._request(GET, self._read_blob, _text(key))

    def add(self, key: str, amount: int) -> Request[int]:
        """Add to a number, which begins at 0; the answer is the sum. `get` has it as text."""
        number = check_int(amount, INT64_RANGE, "Store.add")
        return self._request(ADD, _read_number, _text(key), NUMBER.pack(number))

    def check(self, keys: Sequence[str]) -> Request[bool]:
        """Ask whether all these keys are there."""
        return self._request(CHECK, _read_check, *_texts(keys))

    def wait(self, keys: Sequence[str]) -> Request[None]:
        """Wait until all these keys are there."""
        return self._request(WAIT, _read_wait, *_texts(keys))

    def number_of_keys(self) -> Request[int]:
        """Ask how many keys there are."""
        return self._request(NUMBER_OF_KEYS, _read_number)

    def delete(self, key: str) -> Request[bool]:
        """Delete a key; the answer is whether it was there."""
        return self._request(DELETE, _read_deleted, _text(key))

    def _request(
        self, opcode: int, read: Callable[[], _Reading[_Value]], *parts: bytes
    ) -> Request[_Value]:
        return Request(bytes([opcode + self.dialect.value]) + b"".join(parts), read)

    def _read_blob(self) -> _Reading[bytes]:
        (length,) = LENGTH.unpack((yield LENGTH.size))
        _check_at_most(self.limits.store_value, length, "bytes of a value")
        return (yield length) if length else b""


def _no_answer() -> _Reading[None]:
    yield from ()


def _read_number() -> _Reading[int]:
    (number,) = NUMBER.unpack((yield NUMBER.size))
    return int(number)


def _read_deleted() -> _Reading[bool]:
    return (yield from _read_number()) != 0


def _read_check() -> _Reading[bool]:
    return (yield from _read_byte("0 or 1", 1)) == 0


def _read_wait() -> _Reading[None]:
    yield from _read_byte("0", 0)


def _read_byte(expected: str, highest: int) -> _Reading[int]:
    (byte,) = yield 1
    if byte > highest:
        raise RemoteProtocolError(f"expected {expected} as an answer, got {byte}", "TCPStore")
    return byte


def _check_at_most(limit: int, number: int, what: str) -> None:
    if number > limit:
        raise RemoteProtocolError(f"expected at most {limit} {what}, got {number}", "TCPStore")


def _blob(content: bytes) -> bytes:
    return LENGTH.pack(len(content)) + content


def _text(key: Any) -> bytes:
    return _blob(check_str(key, "a key of the store").encode())


def _texts(keys: Sequence[str]) -> list[bytes]:
    return [LENGTH.pack(len(keys)), *map(_text, keys)]

"""What the workers of a job write to their store: under which keys, and in which form."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from .._text import short_repr
from ..errors import RemoteProtocolError

# The longest port has 5 digits, the longest id (an int16) too.
LONGEST_NUMBER = 5
SCHEME = "uv://"


class Key(Enum):
    """The keys of RPC, without their prefix; those with braces are made by `of`."""

    # The name of a worker, by its rank (in a dynamic group: its id).
    NAME = "names/{}"
    # Where a worker listens, by its name: see Address.
    ADDRESS = "addrs/{}"
    # b"true" or b"false"; in a static group the number of workers is known at the beginning.
    IS_STATIC_GROUP = "rpcIsStaticGroup"
    # Only in a dynamic group: who is there (see Member), who may join or leave now, who is done.
    MEMBERS = "names/_ALL_WORKER_INFOS"
    TOKEN = "RpcGroupManagementToken"  # noqa: S105 - no secret
    JOINED = "Token_for_{}_join"
    LEFT = "Token_for_{}_leave"

    def of(self, *names: str | int, job: int = 0) -> str:
        """Return the key as it is in the store, of the process's RPC number `job`.

        Each init_rpc of a process has a PrefixStore of its own in the one store.
        """
        return f"/rpc_prefix_{job}/{self.value.format(*names)}"


class Address(NamedTuple):
    """Where a worker listens, as its listener and the store have it."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def value(self) -> bytes:
        """What is in the store under the key ADDRESS."""
        return f"{SCHEME}{self}".encode()

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read "127.0.0.1:1234" or "[::1]:1234". Raises RemoteProtocolError for other text."""
        host, _, port = text.rpartition(":")
        is_ipv6 = host.startswith("[") and host.endswith("]")
        name = host[1:-1] if is_ipv6 else host
        if not name or (":" in name) != is_ipv6 or not _is_number(port) or int(port) > 0xFFFF:
            problem = f"expected a host and a port, got {short_repr(text)}"
            raise RemoteProtocolError(problem, "address of a worker")
        return cls(name, int(port))

    @classmethod
    def from_value(cls, value: bytes) -> Address:
        """Read what is in the store under the key ADDRESS.

        Raises RemoteProtocolError for another value: that of a worker that does not speak "uv".
        """
        text = _decoded(value)
        if not text.startswith(SCHEME):
            problem = f"expected the transport {SCHEME}, got {short_repr(text)}"
            raise RemoteProtocolError(problem, "address of a worker")
        return cls.parse(text.removeprefix(SCHEME))


class Member(NamedTuple):
    """A worker of a dynamic group."""

    name: str
    id: int


def members_to_value(members: Iterable[Member]) -> bytes:
    """Return what is in the store under the key MEMBERS."""
    return "".join(f"{member.name}-{member.id}," for member in members).encode()


def members_from_value(value: bytes) -> list[Member]:
    """Read what is in the store under the key MEMBERS. Raises RemoteProtocolError for no list."""
    *written, rest = _decoded(value).split(",")
    members = []
    for each in written:
        name, _, number = each.rpartition("-")
        if not name or not _is_number(number):
            problem = f'expected members such as "worker-1,", got {short_repr(each)}'
            raise RemoteProtocolError(problem, Key.MEMBERS.value)
        members.append(Member(name, int(number)))
    if rest:
        problem = f"expected a comma after each member, got {short_repr(rest)}"
        raise RemoteProtocolError(problem, Key.MEMBERS.value)
    return members


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        problem = f"expected text in UTF-8, got {short_repr(value)}"
        raise RemoteProtocolError(problem, "value of the store") from None

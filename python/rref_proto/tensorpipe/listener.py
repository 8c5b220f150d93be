"""Listener: which pipe each connection belongs to that a worker has accepted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from ..errors import RemoteProtocolError
from .connection import Connection, Expected, Program
from .limits import DEFAULT_LIMITS, Limits
from .packets import Brochure, SpontaneousConnection, packet_from_bytes
from .pipe import ServerPipe


class Accepted(Connection):
    """A connection that was accepted.

    Once its first packet has come, `pipe` is what it belongs to, and `name` which of the pipe's
    connections it is.
    """

    def __init__(self, program: Callable[[Accepted], Program]) -> None:
        super().__init__(program)
        self.pipe: ServerPipe | None = None
        self.name = ""
        self.advance = self._begin

    def _begin(self) -> None:
        self.pump()
        # The other connections of the pipe may have waited for this one.
        if self.pipe is not None:
            self.pipe.advance()


class Listener:
    """All connections to one address, a host and a port, which clients can reach."""

    def __init__(self, address: str, limits: Limits = DEFAULT_LIMITS) -> None:
        self.address = address
        self.limits = limits
        self._ids = count()
        # The connections that clients were asked to open, by their registration ids.
        self._requested: dict[int, tuple[ServerPipe, str]] = {}

    def accept(self) -> Accepted:
        """Return the state of a new connection."""
        return Accepted(self._read)

    def forget(self, pipe: ServerPipe) -> None:
        """Wait no longer for connections of a pipe that is closed."""
        self._requested = {
            registration: requested
            for registration, requested in self._requested.items()
            if requested[0] is not pipe
        }

    def _read(self, connection: Accepted) -> Program:
        packet = packet_from_bytes((yield Expected("a Packet", 0, self.limits.handshake)))
        if isinstance(packet, SpontaneousConnection):
            pipe, name = ServerPipe(packet.context_name, self.limits), "d"
            content = yield Expected("a Brochure", 0, self.limits.handshake)
            self._request(pipe, Brochure.from_bytes(content))
        else:
            found = self._requested.pop(packet.registration_id, None)
            if found is None:
                problem = f"expected a connection that was asked for, got {packet.registration_id}"
                raise RemoteProtocolError(problem)
            pipe, name = found
        connection.pipe, connection.name = pipe, name
        yield from pipe.read(name, connection)

    def _request(self, pipe: ServerPipe, brochure: Brochure) -> None:
        registrations = {name: next(self._ids) for name in ("r", "c")}
        pipe.answer(brochure, self.address, registrations)
        for name, registration in registrations.items():
            self._requested[registration] = pipe, name

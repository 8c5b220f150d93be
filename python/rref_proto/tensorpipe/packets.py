"""What TensorPipe sends beside the payloads and tensors: to open a pipe, and before each message.

A connection begins with a Packet, which says what the connection is for. Then the client sends a
Brochure of what it can speak, and the server answers what it has chosen. Before each message comes
its Descriptor. Source: tensorpipe/core/nop_types.h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..errors import RRefProtoError
from ..tensor import Device
from . import nop

if TYPE_CHECKING:
    from typing_extensions import Buffer

# For a device that both sides name as this one, as they name all tensors of this package.
CPU = Device("cpu", 0)
_WRITTEN_CPU = nop.structure(nop.string("cpu"), nop.unsigned(0))
_REGISTRATION_ID = Struct("<Q")

# By the device that a channel can reach, with whom it can speak there.
DeviceDescriptors: TypeAlias = Mapping[Device, str]


@dataclass(frozen=True, slots=True)
class SpontaneousConnection:
    """The packet of a connection that begins a pipe. It has the client's name."""

    context_name: str

    def to_bytes(self) -> bytes:
        """Write the packet."""
        return nop.variant(0, nop.structure(nop.string(self.context_name)))


@dataclass(frozen=True, slots=True)
class RequestedConnection:
    """The packet of a connection that the server has asked for. It has the number it was told."""

    registration_id: int

    def to_bytes(self) -> bytes:
        """Write the packet."""
        return nop.variant(1, nop.structure(nop.unsigned(self.registration_id)))


Packet: TypeAlias = SpontaneousConnection | RequestedConnection


def packet_from_bytes(data: Buffer) -> Packet:
    """Read the packet that a connection begins with. Raises DecodeError for what is none."""
    reader = nop.Reader(data, "Packet")
    index = reader.variant()
    if index not in (0, 1):
        raise reader.error(f"expected packet 0 or 1, got {index}", 0)
    reader.structure(1)
    packet: Packet
    if index == 0:
        packet = SpontaneousConnection(reader.string())
    else:
        packet = RequestedConnection(reader.unsigned())
    reader.finish()
    return packet


@dataclass(frozen=True, slots=True)
class Brochure:
    """What a client can speak.

    By the name of a transport, with whom it can speak by it; by the name of a channel, the same for
    each device.
    """

    transports: Mapping[str, str]
    channels: Mapping[str, DeviceDescriptors]

    def to_bytes(self) -> bytes:
        """Write the brochure."""
        transports = nop.mapping(
            (nop.string(name), nop.string(domain)) for name, domain in self.transports.items()
        )
        channels = nop.mapping(
            (nop.string(name), _written_devices(devices)) for name, devices in self.channels.items()
        )
        return nop.structure(transports, channels)

    @classmethod
    def from_bytes(cls, data: Buffer) -> Brochure:
        """Read a brochure. Raises DecodeError for what is none."""
        reader = nop.Reader(data, "Brochure")
        reader.structure(2)
        transports = reader.mapping(nop.Reader.string, nop.Reader.string)
        channels = reader.mapping(nop.Reader.string, _read_devices)
        reader.finish()
        return cls(transports, channels)


@dataclass(frozen=True, slots=True)
class BrochureAnswer:
    """What a server has chosen, and the connections that it asks for.

    The client opens them to `address`: by the number of a connection of the pipe itself, and by the
    name of a channel, the registration ids that they have to bring. `channel_of_devices` has pairs
    of the server's device and the client's.
    """

    transport: str
    address: str
    connection_ids: Mapping[int, int]
    transport_domain: str
    channel_connection_ids: Mapping[str, tuple[int, ...]]
    channel_devices: Mapping[str, DeviceDescriptors]
    channel_of_devices: Mapping[tuple[Device, Device], str]

    def to_bytes(self) -> bytes:
        """Write the answer."""
        return nop.structure(
            nop.string(self.transport),
            nop.string(self.address),
            nop.mapping(
                (nop.unsigned(number), nop.unsigned(registration))
                for number, registration in self.connection_ids.items()
            ),
            nop.string(self.transport_domain),
            nop.mapping(
                (nop.string(name), nop.binary(b"".join(map(_REGISTRATION_ID.pack, registrations))))
                for name, registrations in self.channel_connection_ids.items()
            ),
            nop.mapping(
                (nop.string(name), _written_devices(devices))
                for name, devices in self.channel_devices.items()
            ),
            nop.mapping(
                (nop.array(list(map(_written_device, pair))), nop.string(name))
                for pair, name in self.channel_of_devices.items()
            ),
        )

    @classmethod
    def from_bytes(cls, data: Buffer) -> BrochureAnswer:
        """Read an answer. Raises DecodeError for what is none."""
        reader = nop.Reader(data, "BrochureAnswer")
        reader.structure(7)
        answer = cls(
            reader.string(),
            reader.string(),
            reader.mapping(nop.Reader.unsigned, nop.Reader.unsigned),
            reader.string(),
            reader.mapping(nop.Reader.string, _read_registrations),
            reader.mapping(nop.Reader.string, _read_devices),
            reader.mapping(_read_pair, nop.Reader.string),
        )
        reader.finish()
        return answer


class PayloadDescriptor(NamedTuple):
    """The length of a payload, in bytes."""

    length: int
    metadata: str = ""


class TensorDescriptor(NamedTuple):
    """The length of a tensor's buffer, in bytes, where it is and where it goes.

    A sender that leaves `target` open waits for a DescriptorReply. libtorch never does.
    """

    length: int
    source: Device = CPU
    target: Device | None = CPU
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What comes before each message: the lengths of its payloads, and its tensors' buffers."""

    payloads: tuple[PayloadDescriptor, ...]
    tensors: tuple[TensorDescriptor, ...] = ()
    metadata: str = ""

    def to_bytes(self) -> bytes:
        """Write the descriptor."""
        return nop.structure(
            nop.string(self.metadata),
            nop.array([
                nop.structure(nop.unsigned(length), nop.string(metadata))
                for length, metadata in self.payloads
            ]),
            nop.array([
                nop.structure(
                    nop.unsigned(length),
                    _written_device(source),
                    nop.NIL if target is None else _written_device(target),
                    nop.string(metadata),
                )
                for length, source, target, metadata in self.tensors
            ]),
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, data: Buffer) -> Descriptor:
        """Read a descriptor. Raises DecodeError for what is none."""
        reader = nop.Reader(data, "Descriptor")
        reader.structure(3)
        metadata = reader.string()
        payloads = tuple(reader.array(_read_payload))
        tensors = tuple(reader.array(_read_tensor))
        reader.finish()
        return cls(payloads, tensors, metadata)


@dataclass(frozen=True, slots=True)
class DescriptorReply:
    """Where the receiver wants the tensors whose Descriptor leaves that open, in their order."""

    targets: tuple[Device, ...]

    def to_bytes(self) -> bytes:
        """Write the reply."""
        return nop.structure(nop.array(list(map(_written_device, self.targets))))

    @classmethod
    def from_bytes(cls, data: Buffer) -> DescriptorReply:
        """Read a reply. Raises DecodeError for what is none."""
        reader = nop.Reader(data, "DescriptorReply")
        reader.structure(1)
        reply = cls(tuple(reader.array(_read_device)))
        reader.finish()
        return reply


def _written_device(device: Device) -> bytes:
    if device is CPU:
        return _WRITTEN_CPU
    return nop.structure(nop.string(device.type), nop.signed(device.index or 0))


def _read_device(reader: nop.Reader) -> Device:
    start = reader.position
    reader.structure(2)
    device_type, index = reader.string(), reader.signed()
    if device_type == "cpu" and index == 0:
        return CPU
    try:
        return Device(device_type, index)
    except RRefProtoError as error:
        raise reader.error(error.problem, start) from None


def _written_devices(devices: DeviceDescriptors) -> bytes:
    return nop.mapping(
        (_written_device(device), nop.string(descriptor)) for device, descriptor in devices.items()
    )


def _read_devices(reader: nop.Reader) -> dict[Device, str]:
    return reader.mapping(_read_device, nop.Reader.string)


def _read_pair(reader: nop.Reader) -> tuple[Device, Device]:
    reader.pair()
    return _read_device(reader), _read_device(reader)


def _read_registrations(reader: nop.Reader) -> tuple[int, ...]:
    start = reader.position
    content = reader.binary()
    if len(content) % _REGISTRATION_ID.size:
        problem = f"expected registration ids of {_REGISTRATION_ID.size} bytes, got {len(content)}"
        raise reader.error(problem, start)
    return tuple(number for (number,) in _REGISTRATION_ID.iter_unpack(content))


def _read_payload(reader: nop.Reader) -> PayloadDescriptor:
    reader.structure(2)
    return PayloadDescriptor(reader.unsigned(), reader.string())


def _read_tensor(reader: nop.Reader) -> TensorDescriptor:
    reader.structure(4)
    return TensorDescriptor(
        reader.unsigned(), _read_device(reader), reader.optional(_read_device), reader.string()
    )

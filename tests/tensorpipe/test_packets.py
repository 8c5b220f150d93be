"""TensorPipe's packets: the bytes of a real session, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import DecodeError, Device
from rref_proto.tensorpipe.packets import (
    CPU,
    Brochure,
    BrochureAnswer,
    Descriptor,
    DescriptorReply,
    PayloadDescriptor,
    RequestedConnection,
    SpontaneousConnection,
    TensorDescriptor,
    packet_from_bytes,
)

from strategies import texts


def hexed(text: str) -> bytes:
    """Read hexadecimal digits, and words in quotes as they are."""
    parts = (
        part.encode() if number % 2 else bytes.fromhex(part)
        for number, part in enumerate(text.split('"'))
    )
    return b"".join(parts)


CPU_BYTES = 'b9 02 bd 03 "cpu" 00'
CPU_ANY = f'bb 01 {CPU_BYTES} bd 03 "any"'
# A client and a worker of PyTorch 2.13.0.
REAL: dict[str, tuple[Any, Callable[[bytes], Any], str]] = {
    "SpontaneousConnection": (
        SpontaneousConnection("guest"),
        packet_from_bytes,
        'b8 00 b9 01 bd 05 "guest"',
    ),
    "RequestedConnection": (RequestedConnection(4), packet_from_bytes, "b8 01 b9 01 04"),
    "Brochure": (
        Brochure({"uv": "uv:*"}, {"basic": {CPU: "any"}}),
        Brochure.from_bytes,
        f'b9 02 bb 01 bd 02 "uv" bd 04 "uv:*" bb 01 bd 05 "basic" {CPU_ANY}',
    ),
    "BrochureAnswer": (
        BrochureAnswer(
            "uv",
            "127.0.0.1:45305",
            {1: 4},
            "uv:*",
            {"basic": (5,)},
            {"basic": {CPU: "any"}},
            {(CPU, CPU): "basic"},
        ),
        BrochureAnswer.from_bytes,
        'b9 07 bd 02 "uv" bd 0f "127.0.0.1:45305" bb 01 01 04 bd 04 "uv:*" bb 01 bd 05 "basic"'
        f' bc 08 0500000000000000 bb 01 bd 05 "basic" {CPU_ANY}'
        f' bb 01 ba 02 {CPU_BYTES} {CPU_BYTES} bd 05 "basic"',
    ),
    "Descriptor": (
        Descriptor(
            tuple(map(PayloadDescriptor, (4, 8, 169, 295))),
            (TensorDescriptor(8), TensorDescriptor(8)),
        ),
        Descriptor.from_bytes,
        "b9 03 bd 00 ba 04 b9 02 04 bd 00 b9 02 08 bd 00 b9 02 80 a9 bd 00 b9 02 81 27 01 bd 00"
        " ba 02" + f" b9 04 08 {CPU_BYTES} {CPU_BYTES} bd 00" * 2,
    ),
    "DescriptorReply": (
        DescriptorReply((CPU,)),
        DescriptorReply.from_bytes,
        f"b9 01 ba 01 {CPU_BYTES}",
    ),
}

every_packet = pytest.mark.parametrize(
    ("packet", "read", "written"), REAL.values(), ids=REAL.keys()
)


@every_packet
def test_a_packet_has_the_bytes_of_a_real_session(
    packet: Any, read: Callable[[bytes], Any], written: str
) -> None:
    assert packet.to_bytes() == hexed(written)
    assert read(hexed(written)) == packet


@every_packet
def test_a_packet_cut_or_with_any_bit_flipped_is_read_or_refused(
    packet: Any, read: Callable[[bytes], Any], written: str
) -> None:
    data = hexed(written)
    for cut in (data[:size] for size in range(len(data))):
        with pytest.raises(DecodeError):
            read(cut)
    for changed in with_a_bit_flipped(data):
        try:
            again = read(changed)
        except DecodeError:
            continue
        assert read(again.to_bytes()) == again


def with_a_bit_flipped(data: bytes) -> Iterator[bytes]:
    for position in range(8 * len(data)):
        changed = bytearray(data)
        changed[position // 8] ^= 1 << position % 8
        yield bytes(changed)


lengths = st.integers(0, 2**64 - 1)
devices = st.builds(Device, st.sampled_from(["cpu", "cuda"]), st.integers(0, 127))
descriptors = st.builds(
    Descriptor,
    st.lists(st.builds(PayloadDescriptor, lengths, texts), max_size=5).map(tuple),
    st.lists(
        st.builds(TensorDescriptor, lengths, devices, st.none() | devices, texts), max_size=3
    ).map(tuple),
    texts,
)
answers = st.builds(
    BrochureAnswer,
    texts,
    texts,
    st.dictionaries(lengths, lengths, max_size=3),
    texts,
    st.dictionaries(texts, st.lists(lengths, max_size=3).map(tuple), max_size=3),
    st.dictionaries(texts, st.dictionaries(devices, texts, max_size=3), max_size=3),
    st.dictionaries(st.tuples(devices, devices), texts, max_size=3),
)


@given(descriptors, answers)
def test_every_packet_is_read_back(descriptor: Descriptor, answer: BrochureAnswer) -> None:
    assert Descriptor.from_bytes(descriptor.to_bytes()) == descriptor
    assert BrochureAnswer.from_bytes(answer.to_bytes()) == answer


def test_the_packets_of_a_worker_that_speaks_more_are_read() -> None:
    transports = {"uv": "uv:*", "shm": "shm:0a6c_x"}
    channels = {"basic": {CPU: "any"}, "mpt_uv": {CPU: "16:" + "uv:*" * 16}, "cma": {}}
    brochure = Brochure(transports, channels)
    assert Brochure.from_bytes(brochure.to_bytes()) == brochure


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("b802b90104", "expected packet 0 or 1, got 2"),
        ("b8ffb90104", "expected packet 0 or 1, got -1"),
        ("b801b9010400", "expected the end"),
    ],
)
def test_what_is_no_packet_is_refused(written: str, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        packet_from_bytes(bytes.fromhex(written))


def test_a_device_that_cannot_be_is_refused() -> None:
    with pytest.raises(DecodeError, match=r"byte 4 of the DescriptorReply: .*1 to 32 letters"):
        DescriptorReply.from_bytes(hexed('b9 01 ba 01 b9 02 bd 03 "c u" 00'))


def test_registration_ids_of_half_a_number_are_refused() -> None:
    written = REAL["BrochureAnswer"][2].replace("bc 08 0500000000000000", "bc 03 000000")
    with pytest.raises(DecodeError, match="registration ids of 8 bytes, got 3"):
        BrochureAnswer.from_bytes(hexed(written))

"""Divides a pickle of protocol 4 into frames, as Python's C code does."""

from __future__ import annotations

from .. import _pickle_opcodes as opcodes

# A frame ends where it has reached this length. Longer text and bytes are outside all frames.
LONG_FRAME = 1 << 16
# Less than this stays without a frame.
SHORTEST_FRAME = 4


class FramedBytes:
    """The bytes of a pickle, the last frame still open."""

    def __init__(self, header: bytes) -> None:
        self.finished = bytearray(header)
        self.frame = bytearray()

    def write(self, *parts: bytes) -> None:
        """Write an opcode and its argument into the frame."""
        for part in parts:
            self.frame += part

    def write_data(self, header: bytes, data: bytes) -> None:
        """Write text or bytes, `header` in front of them."""
        if len(data) >= LONG_FRAME:
            self.end_frame()
            self.finished += header
            self.finished += data
        else:
            self.write(header, data)

    def before_value(self) -> None:
        """End the frame if it is long. Only between two values a frame may end."""
        if len(self.frame) >= LONG_FRAME:
            self.end_frame()

    def end_frame(self) -> None:
        """Move the frame to the finished bytes."""
        if len(self.frame) >= SHORTEST_FRAME:
            self.finished += opcodes.FRAME
            self.finished += opcodes.ARGUMENTS[opcodes.FRAME].pack(len(self.frame))
        self.finished += self.frame
        self.frame.clear()

"""Payloads of identifiers and numbers alone: always the same bytes around a few ints.

A job sends these messages most. Reading one opcode by opcode takes about ten times as long as
matching the whole payload with one pattern (`make bench`). What the pattern does not match goes to
the general reader, which reads it or says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from struct import Struct
from typing import Any

from .._pickle_writer import HEADER, encode_int
from ..errors import RRefProtoError
from ..rpc_command import RpcCommandBase
from ..tensor import Tensor
from .layout import Layout, Tensors, Values, reader_of_tuple

# An int with its opcode, as it is in a payload; by its length, how to read it. The shortest is a
# byte after its opcode.
INT = rb"(K.|M..|J.{4}|\x8a\x08.{8})"
READ_INT = {
    3: Struct("<xH").unpack,
    5: Struct("<xi").unpack,
    10: Struct("<xxq").unpack,
}


def with_fixed_bytes(
    template: bytes,
    ints_of: Callable[[Any], tuple[int, ...]],
    make: Callable[..., RpcCommandBase],
    make_of_values: Callable[[Any, Values], RpcCommandBase],
    length: int,
) -> Layout:
    """Return the layout of a class whose payload is `template`, with an int for each %b in it.

    `ints_of` returns the ints of an object, `make` an object of a class, made of the ints. Other
    payloads are tuples of `length` values, of which `make_of_values` makes an object.
    """
    template = HEADER + template
    match = re.compile(INT.join(map(re.escape, template.split(b"%b"))), re.DOTALL).fullmatch
    read_other = reader_of_tuple(make_of_values, length, length)

    def write(command: Any) -> tuple[bytes, tuple[Tensor, ...]]:
        return template % tuple(map(encode_int, ints_of(command))), ()

    def read(cls: Any, payload: bytes, tensors: Tensors) -> RpcCommandBase:
        found = match(payload)
        if found is None:
            return read_other(cls, payload, tensors)
        try:
            return make(
                cls,
                *[
                    each[1] if len(each) == 2 else READ_INT[len(each)](each)[0]
                    for each in found.groups()
                ],
            )
        except RRefProtoError as error:
            raise error.as_decode_error(cls.__name__) from None

    return Layout(write, read)

"""The name that a pickle is shown by: the function that it calls, or the error that it brings."""

from __future__ import annotations

import re

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from ..errors import RRefProtoError
from .names import PYTHON_UDF, REMOTE_EXCEPTION, to_text
from .serialized import SerializedPyObj
from .values import PythonRemoteException, PythonUDF

# A pickle without one of these words has no name.
WORDS = PYTHON_UDF.name.encode(), REMOTE_EXCEPTION.name.encode()


def _literally(*parts: bytes) -> bytes:
    return re.escape(b"".join(parts))


def _text(text: str) -> list[bytes]:
    """Return what writes a short text."""
    return [opcodes.SHORT_BINUNICODE, bytes([len(text)]), text.encode(), opcodes.MEMOIZE]


NAME_OF_TEXTS = opcodes.STACK_GLOBAL, opcodes.MEMOIZE
# A short text that can be a part of a name, after its length.
PART_OF_NAME = _literally(opcodes.SHORT_BINUNICODE) + rb"(.)([\w.]+)" + _literally(opcodes.MEMOIZE)
# How Python, from protocol 4 on, writes a PythonUDF whose arguments it has not met before.
CALL = re.compile(
    _literally(opcodes.PROTO) + b"[\x04\x05]"
    b"(?:" + _literally(opcodes.FRAME) + b".{8})?"
    + _literally(*_text(PYTHON_UDF.module), *_text(PYTHON_UDF.name), *NAME_OF_TEXTS)
    + PART_OF_NAME + PART_OF_NAME + _literally(*NAME_OF_TEXTS)
    + b".*"
    + _literally(
        opcodes.TUPLE3, opcodes.MEMOIZE, opcodes.NEWOBJ, opcodes.MEMOIZE, opcodes.STOP
    ),
    re.DOTALL,
)  # fmt: skip


def name_in(python: SerializedPyObj) -> str | None:
    """Return the name of the function that a pickle calls, or of the error that it brings.

    None where it has neither, or cannot be read. Of most calls only the beginning and the end are
    read, which takes a tenth of the time; so the arguments of these need not be plain data.
    """
    if not any(word in python.payload for word in WORDS):
        return None
    try:
        if (function := _function_of_most_calls(python.payload)) is not None:
            return to_text(function)
        value = python.to_python()
    except RRefProtoError:
        return None
    match value:
        case PythonUDF(name) | PythonRemoteException(_, name):
            return name
    return None


def _function_of_most_calls(payload: bytes) -> Global | None:
    """Return the function that is called, where the pickle is a call as Python writes it."""
    found = CALL.fullmatch(payload)
    if found is None:
        return None
    module_size, module, name_size, name = found.groups()
    if (module_size[0], name_size[0]) != (len(module), len(name)):
        return None
    return Global(module.decode(), name.decode())

"""Names of functions and classes, as text and as a pickle has them.

Nothing is ever imported by such a name.
"""

from __future__ import annotations

from typing import Any

from .._check import check_str
from .._pickle_opcodes import Global
from .._text import short_repr
from ..errors import EncodeError

# In characters. No name that a program can use is longer.
LONGEST_NAME = 1024

GETATTR = Global("builtins", "getattr")
COMPLEX = Global("builtins", "complex")
BYTES = Global("builtins", "bytes")
BYTEARRAY = Global("builtins", "bytearray")
SET = Global("builtins", "set")
FROZENSET = Global("builtins", "frozenset")
ENCODE = Global("_codecs", "encode")

_INTERNAL = "torch.distributed.rpc.internal"
PYTHON_UDF = Global(_INTERNAL, "PythonUDF")
REMOTE_EXCEPTION = Global(_INTERNAL, "RemoteException")
PICKLER = Global(_INTERNAL, "_InternalRPCPickler")
# Methods of PICKLER.
TENSOR_RECEIVER = "_tensor_receiver"
RREF_RECEIVER = "_py_rref_receiver"

# Protocol 2 has the names that these modules had in Python 2.
MODULES_OF_PYTHON_2 = {"__builtin__": "builtins", "exceptions": "builtins"}


def attribute(owner: Global, name: str) -> Global:
    """Return the name of an attribute of `owner`."""
    return Global(owner.module, f"{owner.name}.{name}")


def to_text(found: Global) -> str:
    """Return a name as "module.function", or "module:Class.method" for what is inside a class.

    Without the colon, nobody could tell where the name of the module ends. Raises EncodeError for
    a name that no program can have, such as one with a colon.
    """
    text = f"{found.module}{':' if '.' in found.name else '.'}{found.name}"
    if from_text(text) != found:
        raise _wrong_name(text)
    return text


def from_text(text: str) -> Global:
    """Read back what `to_text` returned. Raises EncodeError for any other text."""
    if ":" in text:
        module, _, name = text.partition(":")
    else:
        module, _, name = text.rpartition(".")
    parts = [*module.split("."), *name.split(".")]
    if len(text) > LONGEST_NAME or not all(parts) or ":" in name:
        raise _wrong_name(text)
    return Global(module, name)


def check_name(value: Any, where: str) -> str:
    """Return `value` as a name of a function or class, for TypeError or EncodeError otherwise."""
    text = check_str(value, where)
    try:
        return to_text(from_text(text))
    except EncodeError as error:
        raise error.within(where) from None


def _wrong_name(text: str) -> EncodeError:
    return EncodeError(
        'expected a name such as "module.function" or "module:Class.method", '
        f"got {short_repr(text)}"
    )

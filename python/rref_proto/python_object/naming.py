"""The name that a pickle is shown by: the function that it calls, or the error that it brings."""

from __future__ import annotations

from .._pickle_opcodes import Global
from ..errors import RRefProtoError
from .names import PYTHON_UDF, REMOTE_EXCEPTION, to_text
from .nodes import CallNode
from .plain import make_exception, make_python_udf
from .reader import read_pickle
from .serialized import SerializedPyObj

# A pickle without one of these words has no name.
WORDS = PYTHON_UDF.name.encode(), REMOTE_EXCEPTION.name.encode()
# By what is made, which of its arguments is the name.
NAME_AT = {make_python_udf: 0, make_exception: 1}


def name_in(python: SerializedPyObj) -> str | None:
    """Return the name of the function that a pickle calls, or of the error that it brings.

    None where it has neither, or cannot be read. The arguments need not be plain data.
    """
    if not any(word in python.payload for word in WORDS):
        return None
    try:
        made = read_pickle(python.payload).value
        if isinstance(made, CallNode) and made.make in NAME_AT:
            name = made.items[NAME_AT[made.make]]
            return to_text(name) if isinstance(name, Global) else None
    except RRefProtoError:
        pass
    return None

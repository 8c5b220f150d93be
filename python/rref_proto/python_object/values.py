"""PythonUDF and PythonRemoteException: what PyTorch's RPC puts around plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._check import check_items, check_str, check_type
from .names import check_name

# How many lists, tuples, dicts, sets and PythonUDFs may be inside each other. Python uses recursion
# to compare, print or copy them, some steps for each level, and stops at 1000 steps.
MAX_DEPTH = 200

_set = object.__setattr__  # the classes are frozen


@dataclass(frozen=True, slots=True)
class PythonUDF:
    """A call of a Python function: what a PythonCall carries.

    `function` is a name, "module.function" or "module:Class.method". Raises EncodeError for another
    text, and TypeError where `args` cannot be iterated or `kwargs` is no dict with keys of str.
    Source: PythonUDF of torch.distributed.rpc.internal, whose `func` is the function itself.
    """

    function: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _set(self, "function", check_name(self.function, "PythonUDF.function"))
        _set(self, "args", check_items(self.args, "PythonUDF.args"))
        check_type(self.kwargs, dict, "PythonUDF.kwargs")
        if not set(map(type, self.kwargs)) <= {str}:
            raise TypeError("PythonUDF.kwargs: expected keys of str, got another key")
        _set(self, "kwargs", dict(self.kwargs))


@dataclass(frozen=True, slots=True)
class PythonRemoteException:
    """What a Python function raised: the answer to a call that failed.

    `text` says where it was raised, and has the traceback. `exception_type` is a name, such as
    "builtins.ValueError". Raises EncodeError for another text.
    Source: RemoteException of torch.distributed.rpc.internal (there the text is named `msg`).
    """

    text: str
    exception_type: str

    def __post_init__(self) -> None:
        _set(self, "text", check_str(self.text, "PythonRemoteException.text"))
        where = "PythonRemoteException.exception_type"
        _set(self, "exception_type", check_name(self.exception_type, where))

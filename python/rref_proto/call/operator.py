"""Operator, and the check of a function's name: what a ScriptCall can call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .._check import check_str
from .._text import short_repr
from ..errors import EncodeError

# How the name of an operator begins. libtorch's receiver recognizes an operator by it.
OPERATOR_PREFIX = "torch.ops.aten."

# "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor": namespace, name,
# overload, parameters and results. Only PyTorch knows whether it has such an operator.
_SCHEMA = re.compile(r"[A-Za-z_]\w*::\w+(\.\w+)?\([^\n]*", re.ASCII)
# Between the parameters and the results. As a part of the pattern, it would be looked for again and
# again.
_ARROW = ") -> "

_set = object.__setattr__  # the class is frozen


@dataclass(frozen=True, slots=True)
class Operator:
    """A builtin operator: its whole schema as text, and "torch.ops.aten." with its name.

    libtorch finds an operator by its schema, and does not check that the name agrees with it.
    Raises EncodeError where `schema` does not look like one, or `name` has another beginning.
    Source: the message Operator of call.proto; libtorch's Operator.
    """

    schema: str
    name: str

    def __post_init__(self) -> None:
        schema = check_str(self.schema, "Operator.schema")
        if not _SCHEMA.fullmatch(schema) or _ARROW not in schema[:-1]:
            problem = (
                f'expected a schema as "aten::neg(Tensor self) -> Tensor", got {short_repr(schema)}'
            )
            raise EncodeError(problem, "Operator.schema")
        name = check_str(self.name, "Operator.name")
        if not name.startswith(OPERATOR_PREFIX):
            problem = (
                f'expected a name that begins with "{OPERATOR_PREFIX}", got {short_repr(name)}'
            )
            raise EncodeError(problem, "Operator.name")
        _set(self, "schema", schema)
        _set(self, "name", name)

    def _to_proto(self, proto: Any) -> None:
        """Set every field of `proto`, a generated Operator."""
        proto.schema, proto.name = self.schema, self.name

    @classmethod
    def _from_proto(cls, proto: Any) -> Operator:
        """Read a generated Operator."""
        return cls(proto.schema, proto.name)


def check_qualified_name(value: Any, where: str) -> str:
    """Return the name of a TorchScript function, if libtorch can send it and read it.

    Raises TypeError where it is no str, EncodeError where a part of it is empty, or where a reader
    would take it for the name of an operator.
    """
    name = check_str(value, where)
    if not all(name.split(".")):
        raise EncodeError(f"expected a name without empty parts, got {short_repr(name)}", where)
    if name.startswith(OPERATOR_PREFIX):
        raise EncodeError(f"expected a function, got the operator {short_repr(name)}", where)
    return name

"""A tensor's memory as an array of numpy's or a tensor of torch's, and the other way.

numpy and torch are imported inside these functions and nowhere else. Nothing is copied where the
memory can be shared. dtypes have torch's names.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ._check import check_type
from .errors import EncodeError

if TYPE_CHECKING:
    from numpy import dtype as NumpyDtype  # noqa: N812 - the names of classes
    from numpy import ndarray as NumpyArray  # noqa: N812
    from torch import Tensor as TorchTensor
    from typing_extensions import Buffer


def to_numpy(dtype: str, sizes: tuple[int, ...], data: Buffer) -> NumpyArray[Any, Any]:
    """See Tensor.numpy."""
    import numpy

    kind = _numpy_dtype(dtype)
    try:
        array: NumpyArray[Any, Any] = numpy.ndarray(sizes, kind, data)
    except ValueError as error:
        raise EncodeError(f"numpy cannot hold the tensor: {error}", "Tensor.sizes") from None
    return array


def dtype_of_numpy(array: NumpyArray[Any, Any]) -> str:
    """Return the name of an array's dtype. Raises TypeError for something else than an array."""
    import numpy

    check_type(array, numpy.ndarray, "Tensor.from_numpy")
    return str(array.dtype.name)


def data_of_numpy(array: NumpyArray[Any, Any], dtype: str) -> Buffer:
    """Return the elements of an array: a view where it is C-contiguous and little-endian."""
    import numpy

    packed = numpy.asarray(array, _numpy_dtype(dtype), order="C")
    data: Buffer = packed.reshape(-1).view(numpy.uint8)
    return data


def to_torch(
    dtype: str, sizes: tuple[int, ...], data: memoryview, requires_grad: bool
) -> TorchTensor:
    """See Tensor.torch."""
    import torch

    kind = getattr(torch, dtype, None)
    if kind is None:
        raise EncodeError(f"this torch has no {dtype}", "Tensor.dtype")
    if requires_grad and not (kind.is_floating_point or kind.is_complex):
        raise EncodeError(f"torch has no gradients of {dtype}", "Tensor.requires_grad")
    if not data:
        return torch.empty(sizes, dtype=kind, requires_grad=requires_grad)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given buffer is not writable")
        flat = torch.frombuffer(data, dtype=kind)
    tensor: TorchTensor = flat.reshape(sizes)
    return tensor.requires_grad_(requires_grad)


def dtype_of_torch(tensor: TorchTensor) -> str:
    """Return torch's name of a tensor's dtype.

    Raises TypeError for something else than a tensor, EncodeError for one without plain memory.
    """
    import torch

    check_type(tensor, torch.Tensor, "Tensor.from_torch")
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
        kind = "quantized" if tensor.is_quantized else str(tensor.layout)
        kind = "meta" if tensor.is_meta else kind
        raise EncodeError(f"expected a dense tensor with memory, got a {kind} one", "Tensor")
    return str(tensor.dtype).removeprefix("torch.")


def data_of_torch(tensor: TorchTensor) -> Buffer:
    """Return the elements of a tensor: a view where it is contiguous and on the cpu."""
    import torch

    try:
        plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
        # A dimension of one element may have any stride and is still contiguous.
        flat = plain.as_strided((plain.numel(),), (1,))
        data: Buffer = flat.view(torch.uint8).numpy() if plain.numel() else b""
    except (RuntimeError, NotImplementedError) as error:  # nested, functional and other kinds
        raise EncodeError(f"expected a tensor with memory: {error}", "Tensor") from None
    return data


def _numpy_dtype(name: str) -> NumpyDtype[Any]:
    """Return numpy's little-endian dtype of torch's `name`, from ml_dtypes where numpy has none."""
    import numpy

    if name == "complex32":
        raise EncodeError("numpy has no complex32; use torch()", "Tensor.dtype")
    if name == "bfloat16" or name.startswith("float8"):
        import ml_dtypes

        name = getattr(ml_dtypes, name)
    dtype: NumpyDtype[Any] = numpy.dtype(name).newbyteorder("<")
    return dtype

"""What PyTorch's RPC puts into a pickle of Python's, read and written without unpickling."""

from .serialized import SerializedPyObj

__all__ = ["SerializedPyObj"]

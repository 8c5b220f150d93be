"""What PyTorch's RPC puts into a pickle of Python's, read and written without unpickling."""

from .naming import name_in
from .serialized import SerializedPyObj
from .values import PythonRemoteException, PythonUDF

__all__ = ["PythonRemoteException", "PythonUDF", "SerializedPyObj", "name_in"]

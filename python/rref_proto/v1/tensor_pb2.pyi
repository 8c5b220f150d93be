from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScalarType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCALAR_TYPE_UNSPECIFIED: _ClassVar[ScalarType]
    SCALAR_TYPE_BOOL: _ClassVar[ScalarType]
    SCALAR_TYPE_UINT8: _ClassVar[ScalarType]
    SCALAR_TYPE_UINT16: _ClassVar[ScalarType]
    SCALAR_TYPE_UINT32: _ClassVar[ScalarType]
    SCALAR_TYPE_UINT64: _ClassVar[ScalarType]
    SCALAR_TYPE_INT8: _ClassVar[ScalarType]
    SCALAR_TYPE_INT16: _ClassVar[ScalarType]
    SCALAR_TYPE_INT32: _ClassVar[ScalarType]
    SCALAR_TYPE_INT64: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT16: _ClassVar[ScalarType]
    SCALAR_TYPE_BFLOAT16: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT32: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT64: _ClassVar[ScalarType]
    SCALAR_TYPE_COMPLEX32: _ClassVar[ScalarType]
    SCALAR_TYPE_COMPLEX64: _ClassVar[ScalarType]
    SCALAR_TYPE_COMPLEX128: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT8_E4M3FN: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT8_E4M3FNUZ: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT8_E5M2: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT8_E5M2FNUZ: _ClassVar[ScalarType]
    SCALAR_TYPE_FLOAT8_E8M0FNU: _ClassVar[ScalarType]
SCALAR_TYPE_UNSPECIFIED: ScalarType
SCALAR_TYPE_BOOL: ScalarType
SCALAR_TYPE_UINT8: ScalarType
SCALAR_TYPE_UINT16: ScalarType
SCALAR_TYPE_UINT32: ScalarType
SCALAR_TYPE_UINT64: ScalarType
SCALAR_TYPE_INT8: ScalarType
SCALAR_TYPE_INT16: ScalarType
SCALAR_TYPE_INT32: ScalarType
SCALAR_TYPE_INT64: ScalarType
SCALAR_TYPE_FLOAT16: ScalarType
SCALAR_TYPE_BFLOAT16: ScalarType
SCALAR_TYPE_FLOAT32: ScalarType
SCALAR_TYPE_FLOAT64: ScalarType
SCALAR_TYPE_COMPLEX32: ScalarType
SCALAR_TYPE_COMPLEX64: ScalarType
SCALAR_TYPE_COMPLEX128: ScalarType
SCALAR_TYPE_FLOAT8_E4M3FN: ScalarType
SCALAR_TYPE_FLOAT8_E4M3FNUZ: ScalarType
SCALAR_TYPE_FLOAT8_E5M2: ScalarType
SCALAR_TYPE_FLOAT8_E5M2FNUZ: ScalarType
SCALAR_TYPE_FLOAT8_E8M0FNU: ScalarType

class Device(_message.Message):
    __slots__ = ("type", "index")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    type: str
    index: int
    def __init__(self, type: _Optional[str] = ..., index: _Optional[int] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ("dtype", "sizes", "data", "requires_grad", "device")
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    REQUIRES_GRAD_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    dtype: ScalarType
    sizes: _containers.RepeatedScalarFieldContainer[int]
    data: bytes
    requires_grad: bool
    device: Device
    def __init__(self, dtype: _Optional[_Union[ScalarType, str]] = ..., sizes: _Optional[_Iterable[int]] = ..., data: _Optional[bytes] = ..., requires_grad: bool = ..., device: _Optional[_Union[Device, _Mapping]] = ...) -> None: ...

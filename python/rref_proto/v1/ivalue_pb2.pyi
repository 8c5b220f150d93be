from rref_proto.v1 import ids_pb2 as _ids_pb2
from rref_proto.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IValue(_message.Message):
    __slots__ = ("none_value", "tensor_index", "double_value", "complex_value", "int_value", "bool_value", "string_value", "bytes_value", "tuple_value", "int_list", "double_list", "bool_list", "tensor_list", "list_value", "dict_value", "device_value", "object_value", "enum_value", "rref_value")
    NONE_VALUE_FIELD_NUMBER: _ClassVar[int]
    TENSOR_INDEX_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    COMPLEX_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUE_FIELD_NUMBER: _ClassVar[int]
    TUPLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_LIST_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_LIST_FIELD_NUMBER: _ClassVar[int]
    BOOL_LIST_FIELD_NUMBER: _ClassVar[int]
    TENSOR_LIST_FIELD_NUMBER: _ClassVar[int]
    LIST_VALUE_FIELD_NUMBER: _ClassVar[int]
    DICT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_VALUE_FIELD_NUMBER: _ClassVar[int]
    OBJECT_VALUE_FIELD_NUMBER: _ClassVar[int]
    ENUM_VALUE_FIELD_NUMBER: _ClassVar[int]
    RREF_VALUE_FIELD_NUMBER: _ClassVar[int]
    none_value: NoneType
    tensor_index: int
    double_value: float
    complex_value: ComplexDouble
    int_value: int
    bool_value: bool
    string_value: str
    bytes_value: bytes
    tuple_value: Tuple
    int_list: IntList
    double_list: DoubleList
    bool_list: BoolList
    tensor_list: TensorList
    list_value: GenericList
    dict_value: GenericDict
    device_value: _tensor_pb2.Device
    object_value: ScriptObject
    enum_value: EnumHolder
    rref_value: RRefForkData
    def __init__(self, none_value: _Optional[_Union[NoneType, _Mapping]] = ..., tensor_index: _Optional[int] = ..., double_value: _Optional[float] = ..., complex_value: _Optional[_Union[ComplexDouble, _Mapping]] = ..., int_value: _Optional[int] = ..., bool_value: bool = ..., string_value: _Optional[str] = ..., bytes_value: _Optional[bytes] = ..., tuple_value: _Optional[_Union[Tuple, _Mapping]] = ..., int_list: _Optional[_Union[IntList, _Mapping]] = ..., double_list: _Optional[_Union[DoubleList, _Mapping]] = ..., bool_list: _Optional[_Union[BoolList, _Mapping]] = ..., tensor_list: _Optional[_Union[TensorList, _Mapping]] = ..., list_value: _Optional[_Union[GenericList, _Mapping]] = ..., dict_value: _Optional[_Union[GenericDict, _Mapping]] = ..., device_value: _Optional[_Union[_tensor_pb2.Device, _Mapping]] = ..., object_value: _Optional[_Union[ScriptObject, _Mapping]] = ..., enum_value: _Optional[_Union[EnumHolder, _Mapping]] = ..., rref_value: _Optional[_Union[RRefForkData, _Mapping]] = ...) -> None: ...

class NoneType(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ComplexDouble(_message.Message):
    __slots__ = ("real", "imag")
    REAL_FIELD_NUMBER: _ClassVar[int]
    IMAG_FIELD_NUMBER: _ClassVar[int]
    real: float
    imag: float
    def __init__(self, real: _Optional[float] = ..., imag: _Optional[float] = ...) -> None: ...

class Tuple(_message.Message):
    __slots__ = ("elements",)
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    elements: _containers.RepeatedCompositeFieldContainer[IValue]
    def __init__(self, elements: _Optional[_Iterable[_Union[IValue, _Mapping]]] = ...) -> None: ...

class IntList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class DoubleList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class BoolList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, values: _Optional[_Iterable[bool]] = ...) -> None: ...

class TensorList(_message.Message):
    __slots__ = ("tensor_indices",)
    TENSOR_INDICES_FIELD_NUMBER: _ClassVar[int]
    tensor_indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tensor_indices: _Optional[_Iterable[int]] = ...) -> None: ...

class GenericList(_message.Message):
    __slots__ = ("type", "elements")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    type: str
    elements: _containers.RepeatedCompositeFieldContainer[IValue]
    def __init__(self, type: _Optional[str] = ..., elements: _Optional[_Iterable[_Union[IValue, _Mapping]]] = ...) -> None: ...

class GenericDict(_message.Message):
    __slots__ = ("type", "entries")
    class Entry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: IValue
        value: IValue
        def __init__(self, key: _Optional[_Union[IValue, _Mapping]] = ..., value: _Optional[_Union[IValue, _Mapping]] = ...) -> None: ...
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    type: str
    entries: _containers.RepeatedCompositeFieldContainer[GenericDict.Entry]
    def __init__(self, type: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[GenericDict.Entry, _Mapping]]] = ...) -> None: ...

class ScriptObject(_message.Message):
    __slots__ = ("type", "attributes", "state")
    class Attribute(_message.Message):
        __slots__ = ("name", "value")
        NAME_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        name: str
        value: IValue
        def __init__(self, name: _Optional[str] = ..., value: _Optional[_Union[IValue, _Mapping]] = ...) -> None: ...
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    type: str
    attributes: _containers.RepeatedCompositeFieldContainer[ScriptObject.Attribute]
    state: IValue
    def __init__(self, type: _Optional[str] = ..., attributes: _Optional[_Iterable[_Union[ScriptObject.Attribute, _Mapping]]] = ..., state: _Optional[_Union[IValue, _Mapping]] = ...) -> None: ...

class EnumHolder(_message.Message):
    __slots__ = ("type", "value")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    type: str
    value: IValue
    def __init__(self, type: _Optional[str] = ..., value: _Optional[_Union[IValue, _Mapping]] = ...) -> None: ...

class RRefForkData(_message.Message):
    __slots__ = ("owner_id", "rref_id", "fork_id", "parent", "type_str")
    OWNER_ID_FIELD_NUMBER: _ClassVar[int]
    RREF_ID_FIELD_NUMBER: _ClassVar[int]
    FORK_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TYPE_STR_FIELD_NUMBER: _ClassVar[int]
    owner_id: int
    rref_id: _ids_pb2.RRefId
    fork_id: _ids_pb2.ForkId
    parent: int
    type_str: str
    def __init__(self, owner_id: _Optional[int] = ..., rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ..., fork_id: _Optional[_Union[_ids_pb2.ForkId, _Mapping]] = ..., parent: _Optional[int] = ..., type_str: _Optional[str] = ...) -> None: ...

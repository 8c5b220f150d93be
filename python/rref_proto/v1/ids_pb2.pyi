from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RRefId(_message.Message):
    __slots__ = ("created_on", "local_id")
    CREATED_ON_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ID_FIELD_NUMBER: _ClassVar[int]
    created_on: int
    local_id: int
    def __init__(self, created_on: _Optional[int] = ..., local_id: _Optional[int] = ...) -> None: ...

class ForkId(_message.Message):
    __slots__ = ("created_on", "local_id")
    CREATED_ON_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ID_FIELD_NUMBER: _ClassVar[int]
    created_on: int
    local_id: int
    def __init__(self, created_on: _Optional[int] = ..., local_id: _Optional[int] = ...) -> None: ...

// Reads the fields of the schema's messages.

import type { Timestamp } from "@bufbuild/protobuf/wkt";

import { double, field, list, message, optional, text } from "./form.js";
import type {
  Operator,
  PythonCall,
  PythonRemoteCall,
  PythonResp,
  RemoteException,
  ScriptCall,
  ScriptRemoteCall,
  ScriptResp,
  SerializedPyObj,
} from "./gen/rref_proto/v1/call_pb.js";
import type { ForkId, RRefId } from "./gen/rref_proto/v1/ids_pb.js";
import type {
  BoolList,
  ComplexDouble,
  DoubleList,
  EnumHolder,
  GenericDict,
  GenericDict_Entry,
  GenericList,
  IntList,
  IValue,
  NoneType,
  RRefForkData,
  ScriptObject,
  ScriptObject_Attribute,
  TensorList,
  Tuple,
} from "./gen/rref_proto/v1/ivalue_pb.js";
import type { Message } from "./gen/rref_proto/v1/message_pb.js";
import type {
  NativeMessage,
  OmittedValue,
  RecordedMessage,
} from "./gen/rref_proto/v1/recording_pb.js";
import type {
  PythonRRefFetchCall,
  PythonRRefFetchRet,
  RemoteRet,
  RRefAck,
  RRefChildAccept,
  RRefForkRequest,
  RRefUserDelete,
  ScriptRRefFetchCall,
  ScriptRRefFetchRet,
} from "./gen/rref_proto/v1/rref_pb.js";
import type { Device, Tensor } from "./gen/rref_proto/v1/tensor_pb.js";

// ids.proto

export function globallyUniqueId(m: RRefId | ForkId): string {
  return message(field("created_on", m.createdOn), field("local_id", m.localId));
}

// tensor.proto

export function device(m: Device): string {
  return message(field("type", text(m.type)), optional("index", m.index, String));
}

export function tensor(m: Tensor): string {
  return message(
    field("dtype", m.dtype),
    list("sizes", m.sizes, String),
    field("data", text(m.data)),
    field("requires_grad", m.requiresGrad),
    optional("device", m.device, device),
  );
}

// ivalue.proto

export function ivalue(m: IValue): string {
  return message(ivalueKind(m.kind));
}

function ivalueKind(kind: IValue["kind"]): string {
  switch (kind.case) {
    case "noneValue":
      return field("none_value", noneType(kind.value));
    case "tensorIndex":
      return field("tensor_index", kind.value);
    case "doubleValue":
      return field("double_value", double(kind.value));
    case "complexValue":
      return field("complex_value", complexDouble(kind.value));
    case "intValue":
      return field("int_value", kind.value);
    case "boolValue":
      return field("bool_value", kind.value);
    case "stringValue":
      return field("string_value", text(kind.value));
    case "bytesValue":
      return field("bytes_value", text(kind.value));
    case "tupleValue":
      return field("tuple_value", tuple(kind.value));
    case "intList":
      return field("int_list", intList(kind.value));
    case "doubleList":
      return field("double_list", doubleList(kind.value));
    case "boolList":
      return field("bool_list", boolList(kind.value));
    case "tensorList":
      return field("tensor_list", tensorList(kind.value));
    case "listValue":
      return field("list_value", genericList(kind.value));
    case "dictValue":
      return field("dict_value", genericDict(kind.value));
    case "deviceValue":
      return field("device_value", device(kind.value));
    case "objectValue":
      return field("object_value", scriptObject(kind.value));
    case "enumValue":
      return field("enum_value", enumHolder(kind.value));
    case "rrefValue":
      return field("rref_value", rrefForkData(kind.value));
    case undefined:
      return "";
  }
}

function noneType(_: NoneType): string {
  return message();
}

function complexDouble(m: ComplexDouble): string {
  return message(field("real", double(m.real)), field("imag", double(m.imag)));
}

function tuple(m: Tuple): string {
  return message(list("elements", m.elements, ivalue));
}

function intList(m: IntList): string {
  return message(list("values", m.values, String));
}

function doubleList(m: DoubleList): string {
  return message(list("values", m.values, double));
}

function boolList(m: BoolList): string {
  return message(list("values", m.values, String));
}

function tensorList(m: TensorList): string {
  return message(list("tensor_indices", m.tensorIndices, String));
}

function genericList(m: GenericList): string {
  return message(field("type", text(m.type)), list("elements", m.elements, ivalue));
}

function genericDict(m: GenericDict): string {
  return message(field("type", text(m.type)), list("entries", m.entries, entry));
}

function entry(m: GenericDict_Entry): string {
  return message(optional("key", m.key, ivalue), optional("value", m.value, ivalue));
}

function scriptObject(m: ScriptObject): string {
  return message(
    field("type", text(m.type)),
    list("attributes", m.attributes, attribute),
    optional("state", m.state, ivalue),
  );
}

function attribute(m: ScriptObject_Attribute): string {
  return message(field("name", text(m.name)), optional("value", m.value, ivalue));
}

function enumHolder(m: EnumHolder): string {
  return message(field("type", text(m.type)), optional("value", m.value, ivalue));
}

function rrefForkData(m: RRefForkData): string {
  return message(
    field("owner_id", m.ownerId),
    optional("rref_id", m.rrefId, globallyUniqueId),
    optional("fork_id", m.forkId, globallyUniqueId),
    field("parent", m.parent),
    field("type_str", text(m.typeStr)),
  );
}

// rref.proto

export function fetchCall(m: ScriptRRefFetchCall | PythonRRefFetchCall): string {
  return message(
    field("from_worker_id", m.fromWorkerId),
    optional("rref_id", m.rrefId, globallyUniqueId),
  );
}

export function fetchRet(m: ScriptRRefFetchRet | PythonRRefFetchRet): string {
  return message(list("values", m.values, ivalue));
}

export function forkMessage(m: RRefUserDelete | RemoteRet | RRefForkRequest): string {
  return message(
    optional("rref_id", m.rrefId, globallyUniqueId),
    optional("fork_id", m.forkId, globallyUniqueId),
  );
}

export function rrefChildAccept(m: RRefChildAccept): string {
  return message(optional("fork_id", m.forkId, globallyUniqueId));
}

export function rrefAck(_: RRefAck): string {
  return message();
}

// call.proto

export function operator(m: Operator): string {
  return message(field("schema", text(m.schema)), field("name", text(m.name)));
}

export function scriptCall(m: ScriptCall): string {
  return message(
    callee(m.callee),
    list("stack", m.stack, ivalue),
    field("is_async_execution", m.isAsyncExecution),
  );
}

function callee(callee: ScriptCall["callee"]): string {
  switch (callee.case) {
    case "operator":
      return field("operator", operator(callee.value));
    case "qualifiedName":
      return field("qualified_name", text(callee.value));
    case undefined:
      return "";
  }
}

export function scriptRemoteCall(m: ScriptRemoteCall): string {
  return message(
    optional("call", m.call, scriptCall),
    optional("ret_rref_id", m.retRrefId, globallyUniqueId),
    optional("ret_fork_id", m.retForkId, globallyUniqueId),
  );
}

export function scriptResp(m: ScriptResp): string {
  return message(optional("value", m.value, ivalue));
}

export function serializedPyObj(m: SerializedPyObj): string {
  return message(
    field("payload", text(m.payload)),
    list("tensor_indices", m.tensorIndices, String),
  );
}

export function pythonCall(m: PythonCall): string {
  return message(
    optional("serialized_py_obj", m.serializedPyObj, serializedPyObj),
    field("is_async_execution", m.isAsyncExecution),
  );
}

export function pythonRemoteCall(m: PythonRemoteCall): string {
  return message(
    optional("serialized_py_obj", m.serializedPyObj, serializedPyObj),
    optional("ret_rref_id", m.retRrefId, globallyUniqueId),
    optional("ret_fork_id", m.retForkId, globallyUniqueId),
    field("is_async_execution", m.isAsyncExecution),
  );
}

export function pythonResp(m: PythonResp): string {
  return message(optional("serialized_py_obj", m.serializedPyObj, serializedPyObj));
}

export function remoteException(m: RemoteException): string {
  return message(what(m.what));
}

function what(what: RemoteException["what"]): string {
  switch (what.case) {
    case "text":
      return field("text", text(what.value));
    case "raw":
      return field("raw", text(what.value));
    case undefined:
      return "";
  }
}

// message.proto

export function envelope(m: Message): string {
  return message(
    body(m.body),
    optional("id", m.id, String),
    list("tensors", m.tensors, tensor),
  );
}

function body(body: Message["body"]): string {
  switch (body.case) {
    case "scriptResp":
      return field("script_resp", scriptResp(body.value));
    case "pythonCall":
      return field("python_call", pythonCall(body.value));
    case "pythonResp":
      return field("python_resp", pythonResp(body.value));
    case "scriptRemoteCall":
      return field("script_remote_call", scriptRemoteCall(body.value));
    case "pythonRemoteCall":
      return field("python_remote_call", pythonRemoteCall(body.value));
    case "remoteRet":
      return field("remote_ret", forkMessage(body.value));
    case "scriptRrefFetchCall":
      return field("script_rref_fetch_call", fetchCall(body.value));
    case "pythonRrefFetchCall":
      return field("python_rref_fetch_call", fetchCall(body.value));
    case "scriptRrefFetchRet":
      return field("script_rref_fetch_ret", fetchRet(body.value));
    case "pythonRrefFetchRet":
      return field("python_rref_fetch_ret", fetchRet(body.value));
    case "rrefUserDelete":
      return field("rref_user_delete", forkMessage(body.value));
    case "rrefForkRequest":
      return field("rref_fork_request", forkMessage(body.value));
    case "rrefChildAccept":
      return field("rref_child_accept", rrefChildAccept(body.value));
    case "rrefAck":
      return field("rref_ack", rrefAck(body.value));
    case "remoteException":
      return field("remote_exception", remoteException(body.value));
    case "scriptCall":
      return field("script_call", scriptCall(body.value));
    case undefined:
      return "";
  }
}

// recording.proto

export function recordedMessage(m: RecordedMessage): string {
  return message(
    optional("time", m.time, timestamp),
    field("from_worker_id", m.fromWorkerId),
    field("to_worker_id", m.toWorkerId),
    optional("message", m.message, envelope),
    field("from_worker_name", text(m.fromWorkerName)),
    field("to_worker_name", text(m.toWorkerName)),
    optional("native_message", m.nativeMessage, nativeMessage),
    list("omitted_values", m.omittedValues, omittedValue),
    list("passed_rrefs", m.passedRrefs, rrefForkData),
    field("event", m.event),
    field("passed_rrefs_unknown", m.passedRrefsUnknown),
    optional("request_count", m.requestCount, String),
  );
}

function nativeMessage(m: NativeMessage): string {
  return message(
    field("type", m.type),
    field("payload", text(m.payload)),
    list("tensors", m.tensors, tensor),
  );
}

function omittedValue(m: OmittedValue): string {
  return message(field("type", text(m.type)), field("byte_size", m.byteSize));
}

function timestamp(m: Timestamp): string {
  return message(field("seconds", m.seconds), field("nanos", m.nanos));
}

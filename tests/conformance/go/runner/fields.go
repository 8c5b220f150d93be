package main

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "rref_proto/v1"
)

// A kind is one message of the schema: how to make it, and how to read its fields.
type kind struct {
	create func() proto.Message
	fields func(proto.Message) string
}

func kindOf[T any, M interface {
	*T
	proto.Message
}](fields func(M) string) kind {
	return kind{
		create: func() proto.Message { return M(new(T)) },
		fields: func(m proto.Message) string { return fields(m.(M)) },
	}
}

var kinds = map[string]kind{
	"RRefId":              kindOf(rrefID),
	"ForkId":              kindOf(forkID),
	"Device":              kindOf(device),
	"Tensor":              kindOf(tensor),
	"IValue":              kindOf(ivalue),
	"ScriptRRefFetchCall": kindOf(scriptRRefFetchCall),
	"PythonRRefFetchCall": kindOf(pythonRRefFetchCall),
	"ScriptRRefFetchRet":  kindOf(scriptRRefFetchRet),
	"PythonRRefFetchRet":  kindOf(pythonRRefFetchRet),
	"RRefUserDelete":      kindOf(rrefUserDelete),
	"RemoteRet":           kindOf(remoteRet),
	"RRefChildAccept":     kindOf(rrefChildAccept),
	"RRefForkRequest":     kindOf(rrefForkRequest),
	"RRefAck":             kindOf(rrefAck),
	"Operator":            kindOf(operator),
	"ScriptCall":          kindOf(scriptCall),
	"ScriptRemoteCall":    kindOf(scriptRemoteCall),
	"ScriptResp":          kindOf(scriptResp),
	"SerializedPyObj":     kindOf(serializedPyObj),
	"PythonCall":          kindOf(pythonCall),
	"PythonRemoteCall":    kindOf(pythonRemoteCall),
	"PythonResp":          kindOf(pythonResp),
	"RemoteException":     kindOf(remoteException),
	"Message":             kindOf(envelope),
	"RecordedMessage":     kindOf(recordedMessage),
}

// ids.proto

func globallyUniqueID(createdOn int32, localID int64) string {
	return message(field("created_on", integer(createdOn)), field("local_id", integer(localID)))
}

func rrefID(m *pb.RRefId) string { return globallyUniqueID(m.CreatedOn, m.LocalId) }

func forkID(m *pb.ForkId) string { return globallyUniqueID(m.CreatedOn, m.LocalId) }

// tensor.proto

func device(m *pb.Device) string {
	return message(field("type", text(m.Type)), optional("index", m.Index, integer[int32]))
}

func tensor(m *pb.Tensor) string {
	return message(
		field("dtype", integer(m.Dtype)),
		list("sizes", m.Sizes, integer[int64]),
		field("data", text(m.Data)),
		field("requires_grad", boolean(m.RequiresGrad)),
		optionalMessage("device", m.Device, device),
	)
}

// ivalue.proto

func ivalue(m *pb.IValue) string { return message(ivalueKind(m)) }

func ivalueKind(m *pb.IValue) string {
	switch value := m.Kind.(type) {
	case *pb.IValue_NoneValue:
		return field("none_value", noneType(value.NoneValue))
	case *pb.IValue_TensorIndex:
		return field("tensor_index", integer(value.TensorIndex))
	case *pb.IValue_DoubleValue:
		return field("double_value", double(value.DoubleValue))
	case *pb.IValue_ComplexValue:
		return field("complex_value", complexDouble(value.ComplexValue))
	case *pb.IValue_IntValue:
		return field("int_value", integer(value.IntValue))
	case *pb.IValue_BoolValue:
		return field("bool_value", boolean(value.BoolValue))
	case *pb.IValue_StringValue:
		return field("string_value", text(value.StringValue))
	case *pb.IValue_BytesValue:
		return field("bytes_value", text(value.BytesValue))
	case *pb.IValue_TupleValue:
		return field("tuple_value", tuple(value.TupleValue))
	case *pb.IValue_IntList:
		return field("int_list", intList(value.IntList))
	case *pb.IValue_DoubleList:
		return field("double_list", doubleList(value.DoubleList))
	case *pb.IValue_BoolList:
		return field("bool_list", boolList(value.BoolList))
	case *pb.IValue_TensorList:
		return field("tensor_list", tensorList(value.TensorList))
	case *pb.IValue_ListValue:
		return field("list_value", genericList(value.ListValue))
	case *pb.IValue_DictValue:
		return field("dict_value", genericDict(value.DictValue))
	case *pb.IValue_DeviceValue:
		return field("device_value", device(value.DeviceValue))
	case *pb.IValue_ObjectValue:
		return field("object_value", scriptObject(value.ObjectValue))
	case *pb.IValue_EnumValue:
		return field("enum_value", enumHolder(value.EnumValue))
	case *pb.IValue_RrefValue:
		return field("rref_value", rrefForkData(value.RrefValue))
	default:
		return ""
	}
}

func noneType(*pb.NoneType) string { return message() }

func complexDouble(m *pb.ComplexDouble) string {
	return message(field("real", double(m.Real)), field("imag", double(m.Imag)))
}

func tuple(m *pb.Tuple) string { return message(list("elements", m.Elements, ivalue)) }

func intList(m *pb.IntList) string { return message(list("values", m.Values, integer[int64])) }

func doubleList(m *pb.DoubleList) string { return message(list("values", m.Values, double)) }

func boolList(m *pb.BoolList) string { return message(list("values", m.Values, boolean)) }

func tensorList(m *pb.TensorList) string {
	return message(list("tensor_indices", m.TensorIndices, integer[uint32]))
}

func genericList(m *pb.GenericList) string {
	return message(field("type", text(m.Type)), list("elements", m.Elements, ivalue))
}

func genericDict(m *pb.GenericDict) string {
	return message(field("type", text(m.Type)), list("entries", m.Entries, entry))
}

func entry(m *pb.GenericDict_Entry) string {
	return message(optionalMessage("key", m.Key, ivalue), optionalMessage("value", m.Value, ivalue))
}

func scriptObject(m *pb.ScriptObject) string {
	return message(
		field("type", text(m.Type)),
		list("attributes", m.Attributes, attribute),
		optionalMessage("state", m.State, ivalue),
	)
}

func attribute(m *pb.ScriptObject_Attribute) string {
	return message(field("name", text(m.Name)), optionalMessage("value", m.Value, ivalue))
}

func enumHolder(m *pb.EnumHolder) string {
	return message(field("type", text(m.Type)), optionalMessage("value", m.Value, ivalue))
}

func rrefForkData(m *pb.RRefForkData) string {
	return message(
		field("owner_id", integer(m.OwnerId)),
		optionalMessage("rref_id", m.RrefId, rrefID),
		optionalMessage("fork_id", m.ForkId, forkID),
		field("parent", integer(m.Parent)),
		field("type_str", text(m.TypeStr)),
	)
}

// rref.proto

func fetchCall(fromWorkerID int32, rref *pb.RRefId) string {
	return message(
		field("from_worker_id", integer(fromWorkerID)),
		optionalMessage("rref_id", rref, rrefID),
	)
}

func scriptRRefFetchCall(m *pb.ScriptRRefFetchCall) string {
	return fetchCall(m.FromWorkerId, m.RrefId)
}

func pythonRRefFetchCall(m *pb.PythonRRefFetchCall) string {
	return fetchCall(m.FromWorkerId, m.RrefId)
}

func fetchRet(values []*pb.IValue) string { return message(list("values", values, ivalue)) }

func scriptRRefFetchRet(m *pb.ScriptRRefFetchRet) string { return fetchRet(m.Values) }

func pythonRRefFetchRet(m *pb.PythonRRefFetchRet) string { return fetchRet(m.Values) }

func forkMessage(rref *pb.RRefId, fork *pb.ForkId) string {
	return message(optionalMessage("rref_id", rref, rrefID), optionalMessage("fork_id", fork, forkID))
}

func rrefUserDelete(m *pb.RRefUserDelete) string { return forkMessage(m.RrefId, m.ForkId) }

func remoteRet(m *pb.RemoteRet) string { return forkMessage(m.RrefId, m.ForkId) }

func rrefForkRequest(m *pb.RRefForkRequest) string { return forkMessage(m.RrefId, m.ForkId) }

func rrefChildAccept(m *pb.RRefChildAccept) string {
	return message(optionalMessage("fork_id", m.ForkId, forkID))
}

func rrefAck(*pb.RRefAck) string { return message() }

// call.proto

func operator(m *pb.Operator) string {
	return message(field("schema", text(m.Schema)), field("name", text(m.Name)))
}

func scriptCall(m *pb.ScriptCall) string {
	return message(
		callee(m),
		list("stack", m.Stack, ivalue),
		field("is_async_execution", boolean(m.IsAsyncExecution)),
	)
}

func callee(m *pb.ScriptCall) string {
	switch value := m.Callee.(type) {
	case *pb.ScriptCall_Operator:
		return field("operator", operator(value.Operator))
	case *pb.ScriptCall_QualifiedName:
		return field("qualified_name", text(value.QualifiedName))
	default:
		return ""
	}
}

func scriptRemoteCall(m *pb.ScriptRemoteCall) string {
	return message(
		optionalMessage("call", m.Call, scriptCall),
		optionalMessage("ret_rref_id", m.RetRrefId, rrefID),
		optionalMessage("ret_fork_id", m.RetForkId, forkID),
	)
}

func scriptResp(m *pb.ScriptResp) string {
	return message(optionalMessage("value", m.Value, ivalue))
}

func serializedPyObj(m *pb.SerializedPyObj) string {
	return message(
		field("payload", text(m.Payload)),
		list("tensor_indices", m.TensorIndices, integer[uint32]),
	)
}

func pythonCall(m *pb.PythonCall) string {
	return message(
		optionalMessage("serialized_py_obj", m.SerializedPyObj, serializedPyObj),
		field("is_async_execution", boolean(m.IsAsyncExecution)),
	)
}

func pythonRemoteCall(m *pb.PythonRemoteCall) string {
	return message(
		optionalMessage("serialized_py_obj", m.SerializedPyObj, serializedPyObj),
		optionalMessage("ret_rref_id", m.RetRrefId, rrefID),
		optionalMessage("ret_fork_id", m.RetForkId, forkID),
		field("is_async_execution", boolean(m.IsAsyncExecution)),
	)
}

func pythonResp(m *pb.PythonResp) string {
	return message(optionalMessage("serialized_py_obj", m.SerializedPyObj, serializedPyObj))
}

func remoteException(m *pb.RemoteException) string {
	switch value := m.What.(type) {
	case *pb.RemoteException_Text:
		return message(field("text", text(value.Text)))
	case *pb.RemoteException_Raw:
		return message(field("raw", text(value.Raw)))
	default:
		return message()
	}
}

// message.proto

func envelope(m *pb.Message) string {
	return message(
		body(m),
		optional("id", m.Id, integer[int64]),
		list("tensors", m.Tensors, tensor),
	)
}

func body(m *pb.Message) string {
	switch value := m.Body.(type) {
	case *pb.Message_ScriptResp:
		return field("script_resp", scriptResp(value.ScriptResp))
	case *pb.Message_PythonCall:
		return field("python_call", pythonCall(value.PythonCall))
	case *pb.Message_PythonResp:
		return field("python_resp", pythonResp(value.PythonResp))
	case *pb.Message_ScriptRemoteCall:
		return field("script_remote_call", scriptRemoteCall(value.ScriptRemoteCall))
	case *pb.Message_PythonRemoteCall:
		return field("python_remote_call", pythonRemoteCall(value.PythonRemoteCall))
	case *pb.Message_RemoteRet:
		return field("remote_ret", remoteRet(value.RemoteRet))
	case *pb.Message_ScriptRrefFetchCall:
		return field("script_rref_fetch_call", scriptRRefFetchCall(value.ScriptRrefFetchCall))
	case *pb.Message_PythonRrefFetchCall:
		return field("python_rref_fetch_call", pythonRRefFetchCall(value.PythonRrefFetchCall))
	case *pb.Message_ScriptRrefFetchRet:
		return field("script_rref_fetch_ret", scriptRRefFetchRet(value.ScriptRrefFetchRet))
	case *pb.Message_PythonRrefFetchRet:
		return field("python_rref_fetch_ret", pythonRRefFetchRet(value.PythonRrefFetchRet))
	case *pb.Message_RrefUserDelete:
		return field("rref_user_delete", rrefUserDelete(value.RrefUserDelete))
	case *pb.Message_RrefForkRequest:
		return field("rref_fork_request", rrefForkRequest(value.RrefForkRequest))
	case *pb.Message_RrefChildAccept:
		return field("rref_child_accept", rrefChildAccept(value.RrefChildAccept))
	case *pb.Message_RrefAck:
		return field("rref_ack", rrefAck(value.RrefAck))
	case *pb.Message_RemoteException:
		return field("remote_exception", remoteException(value.RemoteException))
	case *pb.Message_ScriptCall:
		return field("script_call", scriptCall(value.ScriptCall))
	default:
		return ""
	}
}

// recording.proto

func recordedMessage(m *pb.RecordedMessage) string {
	return message(
		optionalMessage("time", m.Time, timestamp),
		field("from_worker_id", integer(m.FromWorkerId)),
		field("to_worker_id", integer(m.ToWorkerId)),
		optionalMessage("message", m.Message, envelope),
		field("from_worker_name", text(m.FromWorkerName)),
		field("to_worker_name", text(m.ToWorkerName)),
		optionalMessage("native_message", m.NativeMessage, nativeMessage),
		list("omitted_values", m.OmittedValues, omittedValue),
		list("passed_rrefs", m.PassedRrefs, rrefForkData),
		field("event", integer(m.Event)),
		field("passed_rrefs_unknown", boolean(m.PassedRrefsUnknown)),
		optional("request_count", m.RequestCount, integer[int64]),
	)
}

func nativeMessage(m *pb.NativeMessage) string {
	return message(
		field("type", integer(m.Type)),
		field("payload", text(m.Payload)),
		list("tensors", m.Tensors, tensor),
	)
}

func omittedValue(m *pb.OmittedValue) string {
	return message(field("type", text(m.Type)), field("byte_size", integer(m.ByteSize)))
}

func timestamp(m *timestamppb.Timestamp) string {
	return message(field("seconds", integer(m.Seconds)), field("nanos", integer(m.Nanos)))
}

// The runner for C++: reads vectors with the generated code, and writes a result for each.

#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <google/protobuf/util/json_util.h>

#include <iostream>
#include <map>
#include <string>

#include "conformance.pb.h"
#include "form.h"
#include "rref_proto/v1/recording.pb.h"

namespace rref_proto::v1 {
namespace {

// Messages that differ only in their names: one function for all that have the same fields.

template <typename T>
std::string DescribeId(const T& m) {
  return Fields().Add("created_on", m.created_on()).Add("local_id", m.local_id());
}

template <typename T>
std::string DescribeFork(const T& m) {
  return Fields()
      .AddIf(m.has_rref_id(), "rref_id", m.rref_id())
      .AddIf(m.has_fork_id(), "fork_id", m.fork_id());
}

template <typename T>
std::string DescribeFetchCall(const T& m) {
  return Fields()
      .Add("from_worker_id", m.from_worker_id())
      .AddIf(m.has_rref_id(), "rref_id", m.rref_id());
}

template <typename T>
std::string DescribeValues(const T& m) {
  return Fields().Add("values", m.values());
}

}  // namespace

std::string Describe(const RRefId& m) { return DescribeId(m); }
std::string Describe(const ForkId& m) { return DescribeId(m); }

std::string Describe(const Device& m) {
  return Fields().Add("type", m.type()).AddIf(m.has_index(), "index", m.index());
}

std::string Describe(const Tensor& m) {
  return Fields()
      .Add("dtype", static_cast<int32_t>(m.dtype()))
      .Add("sizes", m.sizes())
      .Add("data", m.data())
      .Add("requires_grad", m.requires_grad())
      .AddIf(m.has_device(), "device", m.device());
}

std::string Describe(const IValue& m) {
  switch (m.kind_case()) {
    case IValue::kNoneValue: return Fields().Add("none_value", m.none_value());
    case IValue::kTensorIndex: return Fields().Add("tensor_index", m.tensor_index());
    case IValue::kDoubleValue: return Fields().Add("double_value", m.double_value());
    case IValue::kComplexValue: return Fields().Add("complex_value", m.complex_value());
    case IValue::kIntValue: return Fields().Add("int_value", m.int_value());
    case IValue::kBoolValue: return Fields().Add("bool_value", m.bool_value());
    case IValue::kStringValue: return Fields().Add("string_value", m.string_value());
    case IValue::kBytesValue: return Fields().Add("bytes_value", m.bytes_value());
    case IValue::kTupleValue: return Fields().Add("tuple_value", m.tuple_value());
    case IValue::kIntList: return Fields().Add("int_list", m.int_list());
    case IValue::kDoubleList: return Fields().Add("double_list", m.double_list());
    case IValue::kBoolList: return Fields().Add("bool_list", m.bool_list());
    case IValue::kTensorList: return Fields().Add("tensor_list", m.tensor_list());
    case IValue::kListValue: return Fields().Add("list_value", m.list_value());
    case IValue::kDictValue: return Fields().Add("dict_value", m.dict_value());
    case IValue::kDeviceValue: return Fields().Add("device_value", m.device_value());
    case IValue::kObjectValue: return Fields().Add("object_value", m.object_value());
    case IValue::kEnumValue: return Fields().Add("enum_value", m.enum_value());
    case IValue::kRrefValue: return Fields().Add("rref_value", m.rref_value());
    case IValue::KIND_NOT_SET: break;
  }
  return Fields();
}

std::string Describe(const NoneType&) { return Fields(); }

std::string Describe(const ComplexDouble& m) {
  return Fields().Add("real", m.real()).Add("imag", m.imag());
}

std::string Describe(const Tuple& m) { return Fields().Add("elements", m.elements()); }
std::string Describe(const IntList& m) { return DescribeValues(m); }
std::string Describe(const DoubleList& m) { return DescribeValues(m); }
std::string Describe(const BoolList& m) { return DescribeValues(m); }

std::string Describe(const TensorList& m) {
  return Fields().Add("tensor_indices", m.tensor_indices());
}

std::string Describe(const GenericList& m) {
  return Fields().Add("type", m.type()).Add("elements", m.elements());
}

std::string Describe(const GenericDict& m) {
  return Fields().Add("type", m.type()).Add("entries", m.entries());
}

std::string Describe(const GenericDict::Entry& m) {
  return Fields().AddIf(m.has_key(), "key", m.key()).AddIf(m.has_value(), "value", m.value());
}

std::string Describe(const ScriptObject& m) {
  return Fields()
      .Add("type", m.type())
      .Add("attributes", m.attributes())
      .AddIf(m.has_state(), "state", m.state());
}

std::string Describe(const ScriptObject::Attribute& m) {
  return Fields().Add("name", m.name()).AddIf(m.has_value(), "value", m.value());
}

std::string Describe(const EnumHolder& m) {
  return Fields().Add("type", m.type()).AddIf(m.has_value(), "value", m.value());
}

std::string Describe(const RRefForkData& m) {
  return Fields()
      .Add("owner_id", m.owner_id())
      .AddIf(m.has_rref_id(), "rref_id", m.rref_id())
      .AddIf(m.has_fork_id(), "fork_id", m.fork_id())
      .Add("parent", m.parent())
      .Add("type_str", m.type_str());
}

std::string Describe(const ScriptRRefFetchCall& m) { return DescribeFetchCall(m); }
std::string Describe(const PythonRRefFetchCall& m) { return DescribeFetchCall(m); }
std::string Describe(const ScriptRRefFetchRet& m) { return DescribeValues(m); }
std::string Describe(const PythonRRefFetchRet& m) { return DescribeValues(m); }
std::string Describe(const RRefUserDelete& m) { return DescribeFork(m); }
std::string Describe(const RemoteRet& m) { return DescribeFork(m); }
std::string Describe(const RRefForkRequest& m) { return DescribeFork(m); }

std::string Describe(const RRefChildAccept& m) {
  return Fields().AddIf(m.has_fork_id(), "fork_id", m.fork_id());
}

std::string Describe(const RRefAck&) { return Fields(); }

std::string Describe(const Operator& m) {
  return Fields().Add("schema", m.schema()).Add("name", m.name());
}

std::string Describe(const ScriptCall& m) {
  return Fields()
      .AddIf(m.has_operator_(), "operator", m.operator_())
      .AddIf(m.has_qualified_name(), "qualified_name", m.qualified_name())
      .Add("stack", m.stack())
      .Add("is_async_execution", m.is_async_execution());
}

std::string Describe(const ScriptRemoteCall& m) {
  return Fields()
      .AddIf(m.has_call(), "call", m.call())
      .AddIf(m.has_ret_rref_id(), "ret_rref_id", m.ret_rref_id())
      .AddIf(m.has_ret_fork_id(), "ret_fork_id", m.ret_fork_id());
}

std::string Describe(const ScriptResp& m) {
  return Fields().AddIf(m.has_value(), "value", m.value());
}

std::string Describe(const SerializedPyObj& m) {
  return Fields().Add("payload", m.payload()).Add("tensor_indices", m.tensor_indices());
}

std::string Describe(const PythonCall& m) {
  return Fields()
      .AddIf(m.has_serialized_py_obj(), "serialized_py_obj", m.serialized_py_obj())
      .Add("is_async_execution", m.is_async_execution());
}

std::string Describe(const PythonRemoteCall& m) {
  return Fields()
      .AddIf(m.has_serialized_py_obj(), "serialized_py_obj", m.serialized_py_obj())
      .AddIf(m.has_ret_rref_id(), "ret_rref_id", m.ret_rref_id())
      .AddIf(m.has_ret_fork_id(), "ret_fork_id", m.ret_fork_id())
      .Add("is_async_execution", m.is_async_execution());
}

std::string Describe(const PythonResp& m) {
  return Fields().AddIf(m.has_serialized_py_obj(), "serialized_py_obj", m.serialized_py_obj());
}

std::string Describe(const RemoteException& m) {
  return Fields().AddIf(m.has_text(), "text", m.text()).AddIf(m.has_raw(), "raw", m.raw());
}

std::string Describe(const Message& m) {
  // At most one field of the oneof is set, so AddIf() for each of them does the same as a switch.
  return Fields()
      .AddIf(m.has_script_resp(), "script_resp", m.script_resp())
      .AddIf(m.has_python_call(), "python_call", m.python_call())
      .AddIf(m.has_python_resp(), "python_resp", m.python_resp())
      .AddIf(m.has_script_remote_call(), "script_remote_call", m.script_remote_call())
      .AddIf(m.has_python_remote_call(), "python_remote_call", m.python_remote_call())
      .AddIf(m.has_remote_ret(), "remote_ret", m.remote_ret())
      .AddIf(m.has_script_rref_fetch_call(), "script_rref_fetch_call", m.script_rref_fetch_call())
      .AddIf(m.has_python_rref_fetch_call(), "python_rref_fetch_call", m.python_rref_fetch_call())
      .AddIf(m.has_script_rref_fetch_ret(), "script_rref_fetch_ret", m.script_rref_fetch_ret())
      .AddIf(m.has_python_rref_fetch_ret(), "python_rref_fetch_ret", m.python_rref_fetch_ret())
      .AddIf(m.has_rref_user_delete(), "rref_user_delete", m.rref_user_delete())
      .AddIf(m.has_rref_fork_request(), "rref_fork_request", m.rref_fork_request())
      .AddIf(m.has_rref_child_accept(), "rref_child_accept", m.rref_child_accept())
      .AddIf(m.has_rref_ack(), "rref_ack", m.rref_ack())
      .AddIf(m.has_remote_exception(), "remote_exception", m.remote_exception())
      .AddIf(m.has_script_call(), "script_call", m.script_call())
      .AddIf(m.has_id(), "id", m.id())
      .Add("tensors", m.tensors());
}

std::string Describe(const NativeMessage& m) {
  return Fields()
      .Add("type", m.type())
      .Add("payload", m.payload())
      .Add("tensors", m.tensors());
}

std::string Describe(const OmittedValue& m) {
  return Fields().Add("type", m.type()).Add("byte_size", m.byte_size());
}

std::string Describe(const RecordedMessage& m) {
  return Fields()
      .AddIf(m.has_time(), "time", m.time())
      .Add("from_worker_id", m.from_worker_id())
      .Add("to_worker_id", m.to_worker_id())
      .AddIf(m.has_message(), "message", m.message())
      .Add("from_worker_name", m.from_worker_name())
      .Add("to_worker_name", m.to_worker_name())
      .AddIf(m.has_native_message(), "native_message", m.native_message())
      .Add("omitted_values", m.omitted_values())
      .Add("passed_rrefs", m.passed_rrefs())
      .Add("event", static_cast<int32_t>(m.event()))
      .Add("passed_rrefs_unknown", m.passed_rrefs_unknown())
      .AddIf(m.has_request_count(), "request_count", m.request_count());
}

}  // namespace rref_proto::v1

namespace {

using rref_proto::conformance::v1::Result;
using rref_proto::conformance::v1::Vector;
namespace util = google::protobuf::util;
namespace v1 = rref_proto::v1;

template <typename T>
Result Run(const Vector& vector) {
  Result result;
  result.set_name(vector.name());
  T message;
  if (!message.ParseFromString(vector.wire())) {
    result.set_refused("ParseFromString returned false");
    return result;
  }
  result.set_fields(v1::Describe(message));
  result.set_wire(message.SerializeAsString());
  if (auto status = util::MessageToJsonString(message, result.mutable_json()); !status.ok()) {
    result.set_json(status.ToString());
  }
  T read;
  if (auto status = util::JsonStringToMessage(vector.json(), &read); status.ok()) {
    result.set_wire_of_json(read.SerializeAsString());
  } else {
    result.set_json_refused(status.ToString());
  }
  return result;
}

const std::map<std::string, Result (*)(const Vector&)> kRun = {
    {"RRefId", Run<v1::RRefId>},
    {"ForkId", Run<v1::ForkId>},
    {"Device", Run<v1::Device>},
    {"Tensor", Run<v1::Tensor>},
    {"IValue", Run<v1::IValue>},
    {"RemoteRet", Run<v1::RemoteRet>},
    {"ScriptRRefFetchCall", Run<v1::ScriptRRefFetchCall>},
    {"PythonRRefFetchCall", Run<v1::PythonRRefFetchCall>},
    {"ScriptRRefFetchRet", Run<v1::ScriptRRefFetchRet>},
    {"PythonRRefFetchRet", Run<v1::PythonRRefFetchRet>},
    {"RRefUserDelete", Run<v1::RRefUserDelete>},
    {"RRefForkRequest", Run<v1::RRefForkRequest>},
    {"RRefChildAccept", Run<v1::RRefChildAccept>},
    {"RRefAck", Run<v1::RRefAck>},
    {"Operator", Run<v1::Operator>},
    {"ScriptCall", Run<v1::ScriptCall>},
    {"ScriptRemoteCall", Run<v1::ScriptRemoteCall>},
    {"ScriptResp", Run<v1::ScriptResp>},
    {"SerializedPyObj", Run<v1::SerializedPyObj>},
    {"PythonCall", Run<v1::PythonCall>},
    {"PythonRemoteCall", Run<v1::PythonRemoteCall>},
    {"PythonResp", Run<v1::PythonResp>},
    {"RemoteException", Run<v1::RemoteException>},
    {"Message", Run<v1::Message>},
    {"RecordedMessage", Run<v1::RecordedMessage>},
};

}  // namespace

int main() {
  google::protobuf::io::IstreamInputStream input(&std::cin);
  Vector vector;
  bool end = false;
  while (util::ParseDelimitedFromZeroCopyStream(&vector, &input, &end)) {
    util::SerializeDelimitedToOstream(kRun.at(vector.message())(vector), &std::cout);
    vector.Clear();
  }
  return end ? 0 : 1;
}

import com.google.protobuf.Parser;
import com.google.protobuf.Timestamp;
import java.util.Map;
import java.util.function.Function;
import rref_proto.v1.BoolList;
import rref_proto.v1.ComplexDouble;
import rref_proto.v1.Device;
import rref_proto.v1.DoubleList;
import rref_proto.v1.EnumHolder;
import rref_proto.v1.ForkId;
import rref_proto.v1.GenericDict;
import rref_proto.v1.GenericList;
import rref_proto.v1.IValue;
import rref_proto.v1.IntList;
import rref_proto.v1.Message;
import rref_proto.v1.NativeMessage;
import rref_proto.v1.NoneType;
import rref_proto.v1.OmittedValue;
import rref_proto.v1.Operator;
import rref_proto.v1.PythonCall;
import rref_proto.v1.PythonRRefFetchCall;
import rref_proto.v1.PythonRRefFetchRet;
import rref_proto.v1.PythonRemoteCall;
import rref_proto.v1.PythonResp;
import rref_proto.v1.RRefAck;
import rref_proto.v1.RRefChildAccept;
import rref_proto.v1.RRefForkData;
import rref_proto.v1.RRefForkRequest;
import rref_proto.v1.RRefId;
import rref_proto.v1.RRefUserDelete;
import rref_proto.v1.RecordedMessage;
import rref_proto.v1.RemoteException;
import rref_proto.v1.RemoteRet;
import rref_proto.v1.ScriptCall;
import rref_proto.v1.ScriptObject;
import rref_proto.v1.ScriptRRefFetchCall;
import rref_proto.v1.ScriptRRefFetchRet;
import rref_proto.v1.ScriptRemoteCall;
import rref_proto.v1.ScriptResp;
import rref_proto.v1.SerializedPyObj;
import rref_proto.v1.Tensor;
import rref_proto.v1.TensorList;
import rref_proto.v1.Tuple;

/** Reads the fields of the schema's messages. */
final class Fields {
  /** One message of the schema: how to parse it, and how to read its fields. */
  record Kind<M extends com.google.protobuf.Message>(
      Parser<M> parser, Function<M, String> fields) {}

  static final Map<String, Kind<?>> KINDS =
      Map.ofEntries(
          Map.entry("RRefId", new Kind<>(RRefId.parser(), Fields::of)),
          Map.entry("ForkId", new Kind<>(ForkId.parser(), Fields::of)),
          Map.entry("Device", new Kind<>(Device.parser(), Fields::of)),
          Map.entry("Tensor", new Kind<>(Tensor.parser(), Fields::of)),
          Map.entry("IValue", new Kind<>(IValue.parser(), Fields::of)),
          Map.entry("ScriptRRefFetchCall", new Kind<>(ScriptRRefFetchCall.parser(), Fields::of)),
          Map.entry("PythonRRefFetchCall", new Kind<>(PythonRRefFetchCall.parser(), Fields::of)),
          Map.entry("ScriptRRefFetchRet", new Kind<>(ScriptRRefFetchRet.parser(), Fields::of)),
          Map.entry("PythonRRefFetchRet", new Kind<>(PythonRRefFetchRet.parser(), Fields::of)),
          Map.entry("RRefUserDelete", new Kind<>(RRefUserDelete.parser(), Fields::of)),
          Map.entry("RemoteRet", new Kind<>(RemoteRet.parser(), Fields::of)),
          Map.entry("RRefChildAccept", new Kind<>(RRefChildAccept.parser(), Fields::of)),
          Map.entry("RRefForkRequest", new Kind<>(RRefForkRequest.parser(), Fields::of)),
          Map.entry("RRefAck", new Kind<>(RRefAck.parser(), Fields::of)),
          Map.entry("Operator", new Kind<>(Operator.parser(), Fields::of)),
          Map.entry("ScriptCall", new Kind<>(ScriptCall.parser(), Fields::of)),
          Map.entry("ScriptRemoteCall", new Kind<>(ScriptRemoteCall.parser(), Fields::of)),
          Map.entry("ScriptResp", new Kind<>(ScriptResp.parser(), Fields::of)),
          Map.entry("SerializedPyObj", new Kind<>(SerializedPyObj.parser(), Fields::of)),
          Map.entry("PythonCall", new Kind<>(PythonCall.parser(), Fields::of)),
          Map.entry("PythonRemoteCall", new Kind<>(PythonRemoteCall.parser(), Fields::of)),
          Map.entry("PythonResp", new Kind<>(PythonResp.parser(), Fields::of)),
          Map.entry("RemoteException", new Kind<>(RemoteException.parser(), Fields::of)),
          Map.entry("Message", new Kind<>(Message.parser(), Fields::of)),
          Map.entry("RecordedMessage", new Kind<>(RecordedMessage.parser(), Fields::of)));

  // ids.proto

  private static String globallyUniqueId(int createdOn, long localId) {
    return Form.message(Form.field("created_on", createdOn), Form.field("local_id", localId));
  }

  private static String of(RRefId m) {
    return globallyUniqueId(m.getCreatedOn(), m.getLocalId());
  }

  private static String of(ForkId m) {
    return globallyUniqueId(m.getCreatedOn(), m.getLocalId());
  }

  // tensor.proto

  private static String of(Device m) {
    return Form.message(
        Form.field("type", Form.text(m.getType())),
        Form.optional("index", m.hasIndex(), m.getIndex()));
  }

  private static String of(Tensor m) {
    return Form.message(
        Form.field("dtype", m.getDtypeValue()),
        Form.list("sizes", m.getSizesList(), size -> size),
        Form.field("data", Form.text(m.getData())),
        Form.field("requires_grad", m.getRequiresGrad()),
        Form.optional("device", m.hasDevice(), of(m.getDevice())));
  }

  // ivalue.proto

  private static String of(IValue m) {
    return Form.message(
        switch (m.getKindCase()) {
          case NONE_VALUE -> Form.field("none_value", of(m.getNoneValue()));
          case TENSOR_INDEX ->
              Form.field("tensor_index", Integer.toUnsignedString(m.getTensorIndex()));
          case DOUBLE_VALUE -> Form.field("double_value", Form.bits(m.getDoubleValue()));
          case COMPLEX_VALUE -> Form.field("complex_value", of(m.getComplexValue()));
          case INT_VALUE -> Form.field("int_value", m.getIntValue());
          case BOOL_VALUE -> Form.field("bool_value", m.getBoolValue());
          case STRING_VALUE -> Form.field("string_value", Form.text(m.getStringValue()));
          case BYTES_VALUE -> Form.field("bytes_value", Form.text(m.getBytesValue()));
          case TUPLE_VALUE -> Form.field("tuple_value", of(m.getTupleValue()));
          case INT_LIST -> Form.field("int_list", of(m.getIntList()));
          case DOUBLE_LIST -> Form.field("double_list", of(m.getDoubleList()));
          case BOOL_LIST -> Form.field("bool_list", of(m.getBoolList()));
          case TENSOR_LIST -> Form.field("tensor_list", of(m.getTensorList()));
          case LIST_VALUE -> Form.field("list_value", of(m.getListValue()));
          case DICT_VALUE -> Form.field("dict_value", of(m.getDictValue()));
          case DEVICE_VALUE -> Form.field("device_value", of(m.getDeviceValue()));
          case OBJECT_VALUE -> Form.field("object_value", of(m.getObjectValue()));
          case ENUM_VALUE -> Form.field("enum_value", of(m.getEnumValue()));
          case RREF_VALUE -> Form.field("rref_value", of(m.getRrefValue()));
          case KIND_NOT_SET -> "";
        });
  }

  private static String of(NoneType m) {
    return Form.message();
  }

  private static String of(ComplexDouble m) {
    return Form.message(
        Form.field("real", Form.bits(m.getReal())), Form.field("imag", Form.bits(m.getImag())));
  }

  private static String of(Tuple m) {
    return Form.message(Form.list("elements", m.getElementsList(), Fields::of));
  }

  private static String of(IntList m) {
    return Form.message(Form.list("values", m.getValuesList(), value -> value));
  }

  private static String of(DoubleList m) {
    return Form.message(Form.list("values", m.getValuesList(), Form::bits));
  }

  private static String of(BoolList m) {
    return Form.message(Form.list("values", m.getValuesList(), value -> value));
  }

  private static String of(TensorList m) {
    return Form.message(
        Form.list("tensor_indices", m.getTensorIndicesList(), Integer::toUnsignedString));
  }

  private static String of(GenericList m) {
    return Form.message(
        Form.field("type", Form.text(m.getType())),
        Form.list("elements", m.getElementsList(), Fields::of));
  }

  private static String of(GenericDict m) {
    return Form.message(
        Form.field("type", Form.text(m.getType())),
        Form.list("entries", m.getEntriesList(), Fields::of));
  }

  private static String of(GenericDict.Entry m) {
    return Form.message(
        Form.optional("key", m.hasKey(), of(m.getKey())),
        Form.optional("value", m.hasValue(), of(m.getValue())));
  }

  private static String of(ScriptObject m) {
    return Form.message(
        Form.field("type", Form.text(m.getType())),
        Form.list("attributes", m.getAttributesList(), Fields::of),
        Form.optional("state", m.hasState(), of(m.getState())));
  }

  private static String of(ScriptObject.Attribute m) {
    return Form.message(
        Form.field("name", Form.text(m.getName())),
        Form.optional("value", m.hasValue(), of(m.getValue())));
  }

  private static String of(EnumHolder m) {
    return Form.message(
        Form.field("type", Form.text(m.getType())),
        Form.optional("value", m.hasValue(), of(m.getValue())));
  }

  private static String of(RRefForkData m) {
    return Form.message(
        Form.field("owner_id", m.getOwnerId()),
        Form.optional("rref_id", m.hasRrefId(), of(m.getRrefId())),
        Form.optional("fork_id", m.hasForkId(), of(m.getForkId())),
        Form.field("parent", m.getParent()),
        Form.field("type_str", Form.text(m.getTypeStr())));
  }

  // rref.proto

  private static String of(ScriptRRefFetchCall m) {
    return Form.message(
        Form.field("from_worker_id", m.getFromWorkerId()),
        Form.optional("rref_id", m.hasRrefId(), of(m.getRrefId())));
  }

  private static String of(PythonRRefFetchCall m) {
    return Form.message(
        Form.field("from_worker_id", m.getFromWorkerId()),
        Form.optional("rref_id", m.hasRrefId(), of(m.getRrefId())));
  }

  private static String of(ScriptRRefFetchRet m) {
    return Form.message(Form.list("values", m.getValuesList(), Fields::of));
  }

  private static String of(PythonRRefFetchRet m) {
    return Form.message(Form.list("values", m.getValuesList(), Fields::of));
  }

  private static String of(RRefUserDelete m) {
    return Form.message(
        Form.optional("rref_id", m.hasRrefId(), of(m.getRrefId())),
        Form.optional("fork_id", m.hasForkId(), of(m.getForkId())));
  }

  private static String of(RemoteRet m) {
    return Form.message(
        Form.optional("rref_id", m.hasRrefId(), of(m.getRrefId())),
        Form.optional("fork_id", m.hasForkId(), of(m.getForkId())));
  }

  private static String of(RRefForkRequest m) {
    return Form.message(
        Form.optional("rref_id", m.hasRrefId(), of(m.getRrefId())),
        Form.optional("fork_id", m.hasForkId(), of(m.getForkId())));
  }

  private static String of(RRefChildAccept m) {
    return Form.message(Form.optional("fork_id", m.hasForkId(), of(m.getForkId())));
  }

  private static String of(RRefAck m) {
    return Form.message();
  }

  // call.proto

  private static String of(Operator m) {
    return Form.message(
        Form.field("schema", Form.text(m.getSchema())), Form.field("name", Form.text(m.getName())));
  }

  private static String of(ScriptCall m) {
    return Form.message(
        switch (m.getCalleeCase()) {
          case OPERATOR -> Form.field("operator", of(m.getOperator()));
          case QUALIFIED_NAME -> Form.field("qualified_name", Form.text(m.getQualifiedName()));
          case CALLEE_NOT_SET -> "";
        },
        Form.list("stack", m.getStackList(), Fields::of),
        Form.field("is_async_execution", m.getIsAsyncExecution()));
  }

  private static String of(ScriptRemoteCall m) {
    return Form.message(
        Form.optional("call", m.hasCall(), of(m.getCall())),
        Form.optional("ret_rref_id", m.hasRetRrefId(), of(m.getRetRrefId())),
        Form.optional("ret_fork_id", m.hasRetForkId(), of(m.getRetForkId())));
  }

  private static String of(ScriptResp m) {
    return Form.message(Form.optional("value", m.hasValue(), of(m.getValue())));
  }

  private static String of(SerializedPyObj m) {
    return Form.message(
        Form.field("payload", Form.text(m.getPayload())),
        Form.list("tensor_indices", m.getTensorIndicesList(), Integer::toUnsignedString));
  }

  private static String of(PythonCall m) {
    return Form.message(
        Form.optional("serialized_py_obj", m.hasSerializedPyObj(), of(m.getSerializedPyObj())),
        Form.field("is_async_execution", m.getIsAsyncExecution()));
  }

  private static String of(PythonRemoteCall m) {
    return Form.message(
        Form.optional("serialized_py_obj", m.hasSerializedPyObj(), of(m.getSerializedPyObj())),
        Form.optional("ret_rref_id", m.hasRetRrefId(), of(m.getRetRrefId())),
        Form.optional("ret_fork_id", m.hasRetForkId(), of(m.getRetForkId())),
        Form.field("is_async_execution", m.getIsAsyncExecution()));
  }

  private static String of(PythonResp m) {
    return Form.message(
        Form.optional("serialized_py_obj", m.hasSerializedPyObj(), of(m.getSerializedPyObj())));
  }

  private static String of(RemoteException m) {
    return Form.message(
        switch (m.getWhatCase()) {
          case TEXT -> Form.field("text", Form.text(m.getText()));
          case RAW -> Form.field("raw", Form.text(m.getRaw()));
          case WHAT_NOT_SET -> "";
        });
  }

  // message.proto

  private static String of(Message m) {
    return Form.message(
        switch (m.getBodyCase()) {
          case SCRIPT_RESP -> Form.field("script_resp", of(m.getScriptResp()));
          case PYTHON_CALL -> Form.field("python_call", of(m.getPythonCall()));
          case PYTHON_RESP -> Form.field("python_resp", of(m.getPythonResp()));
          case SCRIPT_REMOTE_CALL -> Form.field("script_remote_call", of(m.getScriptRemoteCall()));
          case PYTHON_REMOTE_CALL -> Form.field("python_remote_call", of(m.getPythonRemoteCall()));
          case REMOTE_RET -> Form.field("remote_ret", of(m.getRemoteRet()));
          case SCRIPT_RREF_FETCH_CALL ->
              Form.field("script_rref_fetch_call", of(m.getScriptRrefFetchCall()));
          case PYTHON_RREF_FETCH_CALL ->
              Form.field("python_rref_fetch_call", of(m.getPythonRrefFetchCall()));
          case SCRIPT_RREF_FETCH_RET ->
              Form.field("script_rref_fetch_ret", of(m.getScriptRrefFetchRet()));
          case PYTHON_RREF_FETCH_RET ->
              Form.field("python_rref_fetch_ret", of(m.getPythonRrefFetchRet()));
          case RREF_USER_DELETE -> Form.field("rref_user_delete", of(m.getRrefUserDelete()));
          case RREF_FORK_REQUEST -> Form.field("rref_fork_request", of(m.getRrefForkRequest()));
          case RREF_CHILD_ACCEPT -> Form.field("rref_child_accept", of(m.getRrefChildAccept()));
          case RREF_ACK -> Form.field("rref_ack", of(m.getRrefAck()));
          case REMOTE_EXCEPTION -> Form.field("remote_exception", of(m.getRemoteException()));
          case SCRIPT_CALL -> Form.field("script_call", of(m.getScriptCall()));
          case BODY_NOT_SET -> "";
        },
        Form.optional("id", m.hasId(), m.getId()),
        Form.list("tensors", m.getTensorsList(), Fields::of));
  }

  // recording.proto

  private static String of(RecordedMessage m) {
    return Form.message(
        Form.optional("time", m.hasTime(), of(m.getTime())),
        Form.field("from_worker_id", m.getFromWorkerId()),
        Form.field("to_worker_id", m.getToWorkerId()),
        Form.optional("message", m.hasMessage(), of(m.getMessage())),
        Form.field("from_worker_name", Form.text(m.getFromWorkerName())),
        Form.field("to_worker_name", Form.text(m.getToWorkerName())),
        Form.optional("native_message", m.hasNativeMessage(), of(m.getNativeMessage())),
        Form.list("omitted_values", m.getOmittedValuesList(), Fields::of),
        Form.list("passed_rrefs", m.getPassedRrefsList(), Fields::of),
        Form.field("event", m.getEventValue()),
        Form.field("passed_rrefs_unknown", m.getPassedRrefsUnknown()),
        Form.optional("request_count", m.hasRequestCount(), m.getRequestCount()));
  }

  private static String of(NativeMessage m) {
    return Form.message(
        Form.field("type", m.getType()),
        Form.field("payload", Form.text(m.getPayload())),
        Form.list("tensors", m.getTensorsList(), Fields::of));
  }

  private static String of(OmittedValue m) {
    return Form.message(
        Form.field("type", Form.text(m.getType())), Form.field("byte_size", m.getByteSize()));
  }

  private static String of(Timestamp m) {
    return Form.message(
        Form.field("seconds", m.getSeconds()), Form.field("nanos", m.getNanos()));
  }

  private Fields() {}
}

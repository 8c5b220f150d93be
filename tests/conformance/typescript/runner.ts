// The conformance runner: reads vectors from standard input, and writes a result for each to
// standard output.

import {
  create,
  type DescMessage,
  fromBinary,
  fromJsonString,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { sizeDelimitedDecodeStream, sizeDelimitedEncode } from "@bufbuild/protobuf/wire";

import * as fields from "./fields.js";
import { type Result, ResultSchema, type Vector, VectorSchema } from "./gen/conformance_pb.js";
import * as call from "./gen/rref_proto/v1/call_pb.js";
import { ForkIdSchema, RRefIdSchema } from "./gen/rref_proto/v1/ids_pb.js";
import { IValueSchema } from "./gen/rref_proto/v1/ivalue_pb.js";
import { MessageSchema } from "./gen/rref_proto/v1/message_pb.js";
import { RecordedMessageSchema } from "./gen/rref_proto/v1/recording_pb.js";
import * as rref from "./gen/rref_proto/v1/rref_pb.js";
import { DeviceSchema, TensorSchema } from "./gen/rref_proto/v1/tensor_pb.js";

const examiners: Record<string, (vector: Vector) => Result> = {
  RRefId: examiner(RRefIdSchema, fields.globallyUniqueId),
  ForkId: examiner(ForkIdSchema, fields.globallyUniqueId),
  Device: examiner(DeviceSchema, fields.device),
  Tensor: examiner(TensorSchema, fields.tensor),
  IValue: examiner(IValueSchema, fields.ivalue),
  ScriptRRefFetchCall: examiner(rref.ScriptRRefFetchCallSchema, fields.fetchCall),
  PythonRRefFetchCall: examiner(rref.PythonRRefFetchCallSchema, fields.fetchCall),
  ScriptRRefFetchRet: examiner(rref.ScriptRRefFetchRetSchema, fields.fetchRet),
  PythonRRefFetchRet: examiner(rref.PythonRRefFetchRetSchema, fields.fetchRet),
  RRefUserDelete: examiner(rref.RRefUserDeleteSchema, fields.forkMessage),
  RemoteRet: examiner(rref.RemoteRetSchema, fields.forkMessage),
  RRefChildAccept: examiner(rref.RRefChildAcceptSchema, fields.rrefChildAccept),
  RRefForkRequest: examiner(rref.RRefForkRequestSchema, fields.forkMessage),
  RRefAck: examiner(rref.RRefAckSchema, fields.rrefAck),
  Operator: examiner(call.OperatorSchema, fields.operator),
  ScriptCall: examiner(call.ScriptCallSchema, fields.scriptCall),
  ScriptRemoteCall: examiner(call.ScriptRemoteCallSchema, fields.scriptRemoteCall),
  ScriptResp: examiner(call.ScriptRespSchema, fields.scriptResp),
  SerializedPyObj: examiner(call.SerializedPyObjSchema, fields.serializedPyObj),
  PythonCall: examiner(call.PythonCallSchema, fields.pythonCall),
  PythonRemoteCall: examiner(call.PythonRemoteCallSchema, fields.pythonRemoteCall),
  PythonResp: examiner(call.PythonRespSchema, fields.pythonResp),
  RemoteException: examiner(call.RemoteExceptionSchema, fields.remoteException),
  Message: examiner(MessageSchema, fields.envelope),
  RecordedMessage: examiner(RecordedMessageSchema, fields.recordedMessage),
};

// The usual limit is 100 levels below the outermost message. This runtime counts that message too.
const limit = { recursionLimit: 101 };

/** Makes a function that examines vectors of one message of the schema. */
function examiner<Desc extends DescMessage>(
  schema: Desc,
  fieldsOf: (message: MessageShape<Desc>) => string,
): (vector: Vector) => Result {
  return (vector) => {
    const result = create(ResultSchema, { name: vector.name });
    let message: MessageShape<Desc>;
    try {
      message = fromBinary(schema, vector.wire, limit);
    } catch (error) {
      result.refused = String(error);
      return result;
    }
    result.fields = fieldsOf(message);
    result.wire = toBinary(schema, message);
    try {
      result.json = toJsonString(schema, message);
      if (vector.json !== "") {
        result.wireOfJson = toBinary(schema, fromJsonString(schema, vector.json, limit));
      }
    } catch (error) {
      result.jsonRefused = String(error);
    }
    return result;
  };
}

for await (const vector of sizeDelimitedDecodeStream(VectorSchema, process.stdin)) {
  const examine = examiners[vector.message];
  if (examine === undefined) {
    throw new Error(`the schema has no message ${vector.message}`);
  }
  process.stdout.write(sizeDelimitedEncode(ResultSchema, examine(vector)));
}

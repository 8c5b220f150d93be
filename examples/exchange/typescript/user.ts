// A user of an RRef, which ../owner.py starts and answers.
//
// Worker 1, the parent, has passed RRef (1, 0) on to worker 2, this user, as fork (1, 2). The user
// makes the fork known to worker 0, the owner, fetches the value, tells the parent, and deletes the
// fork. Standard input and output carry RecordedMessages in protobuf's delimited format.

import { create, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import { sizeDelimitedDecodeStream, sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import { timestampNow } from "@bufbuild/protobuf/wkt";

import { ForkIdSchema, RRefIdSchema } from "./gen/rref_proto/v1/ids_pb.js";
import { type Message, MessageSchema } from "./gen/rref_proto/v1/message_pb.js";
import { RecordedMessageSchema } from "./gen/rref_proto/v1/recording_pb.js";
import { ScalarType } from "./gen/rref_proto/v1/tensor_pb.js";

type Body = MessageInitShape<typeof MessageSchema>["body"];

// The workers.
const owner = 0;
const parent = 1;
const user = 2;

// What the parent passed on: the RRef, and the fork that it made for this user.
const rrefId = create(RRefIdSchema, { createdOn: parent, localId: 0n });
const forkId = create(ForkIdSchema, { createdOn: parent, localId: 2n });

const answers = sizeDelimitedDecodeStream(RecordedMessageSchema, process.stdin);
let id = 0n;

try {
  await useRRef();
} catch (error) {
  console.error(`exchange: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  // While it is open, the process does not end.
  process.stdin.destroy();
}

/** Sends all that a user sends for its fork, from the first message to the last. */
async function useRRef(): Promise<void> {
  // The owner does not know this fork yet. Until then only the parent's fork keeps the value.
  await tell(owner, { case: "rrefForkRequest", value: { rrefId, forkId } });

  // The owner knows the fork now, so it keeps the value until the delete below.
  const fetch = { fromWorkerId: user, rrefId };
  printTensor(await call(owner, { case: "scriptRrefFetchCall", value: fetch }));

  // The parent has kept its own fork, to keep the value. After this message it may delete it.
  await tell(parent, { case: "rrefChildAccept", value: { forkId } });

  // The last message about this fork. When all forks are deleted, the owner frees the value.
  await tell(owner, { case: "rrefUserDelete", value: { rrefId, forkId } });
}

/** Prints the value of an RRef that is a tensor of float32. */
function printTensor(response: Message): void {
  const values = response.body.case === "scriptRrefFetchRet" ? response.body.value.values : [];
  const kind = values.length === 1 ? values[0]?.kind : undefined;
  const tensor = kind?.case === "tensorIndex" ? response.tensors[kind.value] : undefined;
  if (tensor?.dtype !== ScalarType.FLOAT32) {
    throw unexpected("a ScriptRRefFetchRet with one tensor of float32", response);
  }
  const { sizes, data } = tensor;
  const count = Number(sizes.reduce((product, size) => product * size, 1n));
  if (data.length !== 4 * count) {
    throw unexpected(`${count} elements of 4 bytes`, response);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements = Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  console.error(`exchange: float32, sizes [${sizes.join(", ")}], values [${elements.join(", ")}]`);
}

/** Sends a request that is answered by RRefAck. */
async function tell(worker: number, request: Body): Promise<void> {
  const response = await call(worker, request);
  if (response.body.case !== "rrefAck") {
    throw unexpected("an RRefAck", response);
  }
}

/** Sends a request with the next id and returns the response, which must have the same id. */
async function call(worker: number, request: Body): Promise<Message> {
  id++;
  const record = create(RecordedMessageSchema, {
    time: timestampNow(),
    fromWorkerId: user,
    toWorkerId: worker,
    message: { id, body: request },
  });
  process.stdout.write(sizeDelimitedEncode(RecordedMessageSchema, record));
  const { done, value: answer } = await answers.next();
  if (done) {
    throw new Error(`worker ${worker} did not answer message ${id}`);
  }
  const { fromWorkerId, toWorkerId, message } = answer;
  if (fromWorkerId !== worker || toWorkerId !== user || message?.id !== id) {
    const got = toJsonString(RecordedMessageSchema, answer);
    throw new Error(`expected worker ${worker} to answer message ${id}, got ${got}`);
  }
  return message;
}

function unexpected(expected: string, got: Message): Error {
  return new Error(`expected ${expected}, got ${toJsonString(MessageSchema, got)}`);
}

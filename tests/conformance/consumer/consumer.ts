// A project that generates its TypeScript code with buf.gen.yaml.

import { create } from "@bufbuild/protobuf";

import { RecordedMessageSchema } from "./out/typescript/rref_proto/v1/recording_pb.js";

export const record = create(RecordedMessageSchema);

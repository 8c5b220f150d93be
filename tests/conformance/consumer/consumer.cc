// A project that generates its C++ code with buf.gen.yaml.

#include "rref_proto/v1/recording.pb.h"

const rref_proto::v1::RecordedMessage kRecord;

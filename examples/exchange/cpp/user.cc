// A user of an RRef, which ../owner.py starts and answers.
//
// Worker 1, the parent, has passed RRef (1, 0) on to worker 2, this user, as fork (1, 2). The user
// makes the fork known to worker 0, the owner, fetches the value, tells the parent, and deletes the
// fork. Standard input and output carry RecordedMessages in protobuf's delimited format.

#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <google/protobuf/util/time_util.h>

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <utility>

#include "rref_proto/v1/recording.pb.h"

namespace {

using namespace rref_proto::v1;
namespace util = google::protobuf::util;

constexpr int kOwner = 0, kParent = 1, kUser = 2;

void Check(bool condition, const char* expected) {
  if (condition) return;
  std::cerr << "expected " << expected << "\n";
  std::exit(1);
}

template <typename Id>
Id MakeId(int created_on, int64_t local_id) {
  Id id;
  id.set_created_on(created_on);
  id.set_local_id(local_id);
  return id;
}

const RRefId kRRef = MakeId<RRefId>(1, 0);
const ForkId kFork = MakeId<ForkId>(1, 2);

// Sends a request to a worker and returns the response.
Message Call(int worker, int64_t id, Message request) {
  // std::cin would wait until its buffer is full, and so for more than one response.
  static google::protobuf::io::FileInputStream input(STDIN_FILENO);
  RecordedMessage sent, received;
  request.set_id(id);
  *sent.mutable_time() = util::TimeUtil::GetCurrentTime();
  sent.set_from_worker_id(kUser);
  sent.set_to_worker_id(worker);
  *sent.mutable_message() = std::move(request);
  util::SerializeDelimitedToOstream(sent, &std::cout);
  std::cout.flush();
  Check(util::ParseDelimitedFromZeroCopyStream(&received, &input, nullptr), "a response");
  // An RRefAck says only by its id which request it answers.
  Check(received.message().id() == id, "the response to this request");
  return received.message();
}

}  // namespace

int main() {
  // The owner does not know this fork yet. Until then only the parent's fork keeps the value.
  Message fork_request;
  *fork_request.mutable_rref_fork_request()->mutable_rref_id() = kRRef;
  *fork_request.mutable_rref_fork_request()->mutable_fork_id() = kFork;
  Check(Call(kOwner, 1, fork_request).has_rref_ack(), "an RRefAck");

  // The owner knows the fork now, so it keeps the value until the delete below.
  Message fetch;
  fetch.mutable_script_rref_fetch_call()->set_from_worker_id(kUser);
  *fetch.mutable_script_rref_fetch_call()->mutable_rref_id() = kRRef;
  const Message fetched = Call(kOwner, 2, fetch);
  Check(fetched.script_rref_fetch_ret().values_size() == 1, "one value");
  const IValue& value = fetched.script_rref_fetch_ret().values(0);
  // The message holds the tensors. A value has their index in the message.
  Check(value.has_tensor_index(), "a tensor");
  const Tensor& tensor = fetched.tensors(static_cast<int>(value.tensor_index()));
  std::cerr << ScalarType_Name(tensor.dtype()) << " [ ";
  for (int64_t size : tensor.sizes()) std::cerr << size << " ";
  std::cerr << "] [ ";
  for (size_t at = 0; at + 4 <= tensor.data().size(); at += 4) {
    float element;  // works on little-endian machines: Tensor.data is little-endian
    std::memcpy(&element, tensor.data().data() + at, 4);
    std::cerr << element << " ";
  }
  std::cerr << "]\n";

  // The parent has kept its own fork, to keep the value. After this message it may delete it.
  Message accept;
  *accept.mutable_rref_child_accept()->mutable_fork_id() = kFork;
  Check(Call(kParent, 3, accept).has_rref_ack(), "an RRefAck");

  // The last message about this fork. When all forks are deleted, the owner frees the value.
  Message user_delete;
  *user_delete.mutable_rref_user_delete()->mutable_rref_id() = kRRef;
  *user_delete.mutable_rref_user_delete()->mutable_fork_id() = kFork;
  Check(Call(kOwner, 4, user_delete).has_rref_ack(), "an RRefAck");
}

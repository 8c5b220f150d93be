// RecordingAgent: libtorch's TensorPipeAgent, which also notes the calls and the RRef messages of its
// worker.
//
// It notes the requests that the worker sends and the responses that it receives. So exactly one
// worker notes each message of a job, and a request is noted before its response. The agent's
// threads put the notes in a Queue, without the GIL. A Python thread takes them out.

#include <torch/csrc/distributed/rpc/request_callback_impl.h>
#include <torch/csrc/distributed/rpc/tensorpipe_agent.h>
#include <torch/csrc/distributed/rpc/utils.h>
#include <torch/csrc/utils/pybind.h>

#include <memory>
#include <optional>

#include "notes.h"

namespace rpc = torch::distributed::rpc;

namespace {

// An error has no message here: the agent makes an exception of it.
bool isRecorded(int type) {
  switch (type) {
    case rpc::SCRIPT_CALL:
    case rpc::SCRIPT_RET:
    case rpc::SCRIPT_REMOTE_CALL:
    case rpc::PYTHON_CALL:
    case rpc::PYTHON_RET:
    case rpc::PYTHON_REMOTE_CALL:
    case rpc::REMOTE_RET:
    case rpc::SCRIPT_RREF_FETCH_CALL:
    case rpc::PYTHON_RREF_FETCH_CALL:
    case rpc::SCRIPT_RREF_FETCH_RET:
    case rpc::PYTHON_RREF_FETCH_RET:
    case rpc::RREF_USER_DELETE:
    case rpc::RREF_FORK_REQUEST:
    case rpc::RREF_CHILD_ACCEPT:
    case rpc::RREF_ACK:
      return true;
    default:
      return false;
  }
}

// Distributed autograd and the profiler send a message inside one of these.
bool isWrapper(int type) {
  switch (type) {
    case rpc::FORWARD_AUTOGRAD_REQ:
    case rpc::FORWARD_AUTOGRAD_RESP:
    case rpc::RUN_WITH_PROFILING_REQ:
    case rpc::RUN_WITH_PROFILING_RESP:
      return true;
    default:
      return false;
  }
}

int64_t now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

// Returns a copy, because the job may change its tensors as soon as it has them.
at::Tensor copyOf(const at::Tensor& tensor) {
  at::Tensor copy = tensor.detach().to(
      at::kCPU, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  return copy.requires_grad_(tensor.requires_grad());
}

// Returns a note if the message is one that is recorded. Must be called before the message is sent,
// because sending moves the payload out of it.
std::optional<Note> read(const rpc::Message& message, const rpc::WorkerInfo& peer, bool values) {
  Note note;
  note.type = message.type();
  if (isWrapper(note.type)) {
    note.payload = message.payload();
    while (isWrapper(note.type)) {
      // A wrapper adds values to the payload. The first is the type of the message inside.
      const auto added = rpc::readWrappedPayload(note.payload, message);
      note.type = static_cast<int>(added.at(0).toInt());
    }
  } else if (isRecorded(note.type)) {
    note.payload = message.payload();
  }
  if (!isRecorded(note.type)) {
    return std::nullopt;
  }
  note.time = now();
  note.id = message.id();
  note.peerId = peer.id_;
  note.peerName = peer.name_;
  for (const at::Tensor& tensor : message.tensors()) {
    const bool isDense = tensor.layout() == at::kStrided;
    note.tensorSizes.push_back(isDense ? tensor.numel() * tensor.element_size() : 0);
    if (values) {
      note.tensors.push_back(copyOf(tensor));
    }
  }
  return note;
}

// The same, but an error must not disturb the job: the note is counted as dropped.
std::optional<Note> tryRead(
    const rpc::Message& message,
    const rpc::WorkerInfo& peer,
    Queue& queue) noexcept {
  try {
    return read(message, peer, queue.values());
  } catch (...) {
    queue.drop();
    return std::nullopt;
  }
}

class RecordingAgent final : public rpc::TensorPipeAgent {
 public:
  template <typename... Arguments>
  explicit RecordingAgent(std::shared_ptr<Queue> queue, Arguments&&... arguments)
      : TensorPipeAgent(std::forward<Arguments>(arguments)...), queue_(std::move(queue)) {}

  c10::intrusive_ptr<rpc::JitFuture> send(
      const rpc::WorkerInfo& to,
      c10::intrusive_ptr<rpc::Message> message,
      const float timeout,
      const rpc::DeviceMap& deviceMap) override {
    std::optional<Note> request = tryRead(*message, to, *queue_);
    auto future = TensorPipeAgent::send(to, message, timeout, deviceMap);
    if (!request) {
      return future;
    }
    request->id = message->id(); // set when it was sent
    queue_->add(std::move(*request));
    // This is the first callback of the future, so the response is noted before it is used.
    future->addCallback([queue = queue_, to](rpc::JitFuture& response) {
      if (response.hasError()) {
        return;
      }
      const auto message = response.constValue().toCustomClass<rpc::Message>();
      if (std::optional<Note> note = tryRead(*message, to, *queue)) {
        queue->add(std::move(*note));
      }
    });
    return future;
  }

  // When this returns, all notes are written.
  void shutdownImpl() override {
    TensorPipeAgent::shutdownImpl();
    queue_->close();
    queue_->awaitFinish();
  }

 private:
  const std::shared_ptr<Queue> queue_;
};

py::tuple toPython(const Note& note) {
  return py::make_tuple(
      note.time,
      note.type,
      note.id,
      note.peerId,
      note.peerName,
      py::bytes(note.payload.data(), note.payload.size()),
      note.tensors,
      note.tensorSizes);
}

py::list take(Queue& queue) {
  std::vector<Note> notes;
  {
    const py::gil_scoped_release release;
    notes = queue.take();
  }
  py::list taken;
  for (const Note& note : notes) {
    taken.append(toPython(note));
  }
  return taken;
}

} // namespace

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  py::class_<Queue, std::shared_ptr<Queue>>(module, "Queue")
      .def(py::init<size_t, bool>(), py::arg("limit"), py::arg("values"))
      .def_property_readonly("values", &Queue::values)
      .def_property_readonly("dropped", &Queue::dropped)
      .def("take", take)
      .def("close", &Queue::close)
      .def("finish", &Queue::finish);

  // The import lets torch register the base class, which pybind11 must know first.
  const auto base = py::module::import("torch._C._distributed_rpc").attr("TensorPipeAgent");
  py::class_<RecordingAgent, std::shared_ptr<RecordingAgent>>(module, "RecordingAgent", base)
      .def(py::init([](std::shared_ptr<Queue> queue,
                       const c10::intrusive_ptr<::c10d::Store>& store,
                       std::string name,
                       rpc::worker_id_t rank,
                       std::optional<int> worldSize,
                       rpc::TensorPipeRpcBackendOptions options,
                       std::unordered_map<std::string, rpc::DeviceMap> reverseDeviceMaps,
                       std::vector<c10::Device> devices) {
        return std::shared_ptr<RecordingAgent>(
            new RecordingAgent(
                std::move(queue),
                store,
                std::move(name),
                rank,
                worldSize,
                std::move(options),
                std::move(reverseDeviceMaps),
                std::move(devices),
                std::make_unique<rpc::RequestCallbackImpl>()),
            torch::impl::destroy_without_gil<RecordingAgent>);
      }));
}

// Note and Queue: what the agent's threads noted, on its way to the thread that writes it.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

// One message to or from another worker, the peer. Requests are to it, responses are from it.
struct Note {
  int64_t time = 0; // in nanoseconds since the epoch
  int type = 0;
  int64_t id = -1;
  int16_t peerId = 0;
  std::string peerName;
  std::vector<char> payload;
  std::vector<at::Tensor> tensors; // none where values are not wanted
  std::vector<size_t> tensorSizes; // in bytes; 0 for a sparse tensor

  size_t size() const {
    const size_t size = sizeof(Note) + payload.size();
    return tensors.empty() ? size : std::accumulate(tensorSizes.begin(), tensorSizes.end(), size);
  }
};

class Queue {
 public:
  // `limit` is in bytes. Where `values` is false, notes are without the contents of tensors.
  Queue(size_t limit, bool values) : limit_(limit), values_(values) {}

  bool values() const {
    return values_;
  }

  // A note that finds the queue full is dropped and counted. An empty queue takes any note.
  void add(Note note) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) {
      return;
    }
    const size_t size = note.size();
    if (!notes_.empty() && size_ + size > limit_) {
      ++dropped_;
      return;
    }
    try {
      notes_.push_back(std::move(note));
    } catch (const std::bad_alloc&) {
      ++dropped_;
      return;
    }
    size_ += size;
    lastAdded_ = Clock::now();
    if (notes_.size() == 1 || isHalfFull()) {
      changed_.notify_all();
    }
  }

  // Counts a note that could not be made.
  void drop() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++dropped_;
  }

  size_t dropped() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return dropped_;
  }

  // Waits for notes, then returns the oldest; none when the queue is closed and empty. To write a
  // note takes the GIL, for a good part of the time that a message takes, and a busy worker would
  // feel it. So while notes keep coming only a few are given now and then, and the others as soon
  // as the worker pauses, or when the queue is half full.
  std::vector<Note> take() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !notes_.empty(); });
    while (!closed_ && !isHalfFull() && Clock::now() < nextTake()) {
      changed_.wait_until(lock, nextTake());
    }
    std::vector<Note> taken;
    while (!notes_.empty() && taken.size() < kNotesAtOnce) {
      size_ -= notes_.front().size();
      taken.push_back(std::move(notes_.front()));
      notes_.pop_front();
    }
    lastTaken_ = Clock::now();
    return taken;
  }

  // From now on takes in nothing; what is here can still be taken out.
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // The writer says that it will take no more.
  void finish() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = finished_ = true;
    notes_.clear();
    changed_.notify_all();
  }

  void awaitFinish() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return finished_; });
  }

 private:
  using Clock = std::chrono::steady_clock;

  static constexpr auto kQuiet = std::chrono::milliseconds(20);
  // Together: 320 notes a second, which take the GIL for a hundredth of it.
  static constexpr auto kWhileBusy = std::chrono::milliseconds(50);
  static constexpr size_t kNotesAtOnce = 16;

  Clock::time_point nextTake() const {
    return std::min(lastAdded_ + kQuiet, lastTaken_ + kWhileBusy);
  }

  bool isHalfFull() const {
    return size_ > limit_ / 2;
  }

  const size_t limit_;
  const bool values_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Note> notes_;
  Clock::time_point lastAdded_;
  Clock::time_point lastTaken_;
  size_t size_ = 0;
  size_t dropped_ = 0;
  bool closed_ = false;
  bool finished_ = false;
};

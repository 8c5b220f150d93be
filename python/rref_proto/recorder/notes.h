// Note and Queue: the agent's threads add notes to the queue, and another thread writes them.
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

// One message: a request to another worker (the peer), or a response from it.
struct Note {
  int64_t time = 0; // in nanoseconds since the epoch
  int type = 0;
  int64_t id = -1;
  int16_t peerId = 0;
  std::string peerName;
  std::vector<char> payload;
  std::vector<at::Tensor> tensors; // empty if values are not recorded
  std::vector<size_t> tensorSizes; // in bytes; 0 for a sparse tensor

  size_t size() const {
    const size_t size = sizeof(Note) + payload.size();
    return tensors.empty() ? size : std::accumulate(tensorSizes.begin(), tensorSizes.end(), size);
  }
};

class Queue {
 public:
  // `limit` is in bytes. If `values` is false, notes do not hold the contents of tensors.
  Queue(size_t limit, bool values) : limit_(limit), values_(values) {}

  bool values() const {
    return values_;
  }

  // If the queue is full, drops the note and counts it. An empty queue takes a note of any size.
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

  // Waits for notes, then returns the oldest; returns none when the queue is closed and empty.
  // Writing a note needs the GIL, which would slow down a busy worker. So while notes keep coming,
  // this returns only a few from time to time. The others are returned when the worker pauses, or
  // when the queue is half full.
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

  // After this, add() does nothing. The notes in the queue can still be taken.
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // The writer calls this when it will take no more notes.
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
  // Together these allow 320 notes a second, which need the GIL for a hundredth of the time.
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

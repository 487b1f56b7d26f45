#pragma once
#include <array>
#include <atomic>

namespace surefoot {

/// Hands the newest value from one writing thread to one reading thread; neither ever waits.
/// Three slots: one is the writer's, one the reader's, and the third changes hands.
template <typename T>
class TripleBuffer {
 public:
  explicit TripleBuffer(T a, T b, T c) : slots_{std::move(a), std::move(b), std::move(c)} {}

  /// Writer: fill `next()`, then `publish()` it.
  T& next() { return slots_[write_]; }
  void publish() { write_ = shared_.exchange(write_ | kFresh, std::memory_order_acq_rel) & kSlot; }

  /// Reader: takes the newest value if there is one since the last call; then `current()` is it.
  bool take() {
    if ((shared_.load(std::memory_order_acquire) & kFresh) == 0) return false;
    read_ = shared_.exchange(read_, std::memory_order_acq_rel) & kSlot;
    return true;
  }
  T& current() { return slots_[read_]; }

 private:
  static constexpr unsigned kSlot = 3, kFresh = 4;
  std::array<T, 3> slots_;
  alignas(64) std::atomic<unsigned> shared_{0};
  alignas(64) unsigned write_ = 1;
  alignas(64) unsigned read_ = 2;
};

}  // namespace surefoot

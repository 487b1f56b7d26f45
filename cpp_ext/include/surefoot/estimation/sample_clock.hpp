#pragma once
#include "surefoot/export.hpp"

namespace surefoot {

/// The time of the samples, as drivers give it: in order, late, doubled, or from a clock that was
/// set anew.
///
/// A sample older than the latest tells of a past that the filter has left: it is refused. But a
/// clock that is set back makes every sample old: when they have followed each other for a while,
/// the clock is believed.
class SUREFOOT_API SampleClock {
 public:
  /// `gap`: s, samples further apart do not follow each other; `patience`: s of samples following
  /// each other in the past until the clock counts as set back.
  SampleClock(double gap, double patience) : gap_(gap), patience_(patience) {}

  void start(double time);
  /// s since the latest accepted sample, or 0 for a sample to be refused.
  double advance(double time);

  /// Of the latest accepted sample, s.
  double time() const { return time_; }
  /// Whether the latest `advance` found the clock set back.
  bool set_back() const { return set_back_; }

 private:
  double gap_, patience_;
  double time_ = 0.0, given_ = 0.0;  ///< of the latest sample, accepted or not
  double behind_ = 0.0;              ///< s of old samples in a row
  bool set_back_ = false;
};

}  // namespace surefoot

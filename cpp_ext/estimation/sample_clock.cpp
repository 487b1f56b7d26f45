#include "surefoot/estimation/sample_clock.hpp"

#include <cmath>

namespace surefoot {

void SampleClock::start(double time) {
  time_ = given_ = time;
  behind_ = 0.0;
  set_back_ = false;
}

double SampleClock::advance(double time) {
  set_back_ = false;
  if (!std::isfinite(time)) return 0.0;
  const double step = time - given_, advance = time - time_;
  given_ = time;
  if (advance > 0.0) {
    behind_ = 0.0;
    time_ = time;
    return advance;
  }
  behind_ = step > 0.0 && step <= gap_ ? behind_ + step : 0.0;
  if (behind_ <= patience_) return 0.0;
  const double missed = behind_;
  start(time);
  set_back_ = true;
  return missed;
}

}  // namespace surefoot

#pragma once
#include <time.h>

namespace surefoot::mpc {

/// CPU time of the calling thread, s.
inline double thread_time() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace surefoot::mpc

#include "mpc/warm_start.hpp"

#include <algorithm>

namespace surefoot::mpc {
namespace {
constexpr int kRows = InequalityBlock::kRows;
auto index(int i) { return static_cast<std::size_t>(i); }
}  // namespace

WarmStart::WarmStart(int intervals, int contacts)
    : contacts_(contacts),
      time_(index(intervals)),
      dt_(index(intervals)),
      multiplier_(index(intervals * contacts * kRows)) {}

void WarmStart::store(const std::vector<Interval>& intervals, const OcpQp& qp,
                      const OcpQpSolution& solution) {
  filled_ = true;
  std::fill(multiplier_.begin(), multiplier_.end(), 0.0);
  for (int k = 0; k < qp.N; ++k) {
    const auto& interval = intervals[index(k)];
    time_[index(k)] = interval.time;
    dt_[index(k)] = interval.dt;
    if (qp.stages[index(k)].block_count == 0) continue;
    const double* from = solution.multiplier[index(k)].data();
    for (int c = 0; c < contacts_; ++c) {
      if (!interval.contacts[index(c)].stance) continue;
      double* to = place(k, c);
      for (int r = 0; r < kRows; ++r) to[r] = from[r] / interval.dt;
      from += kRows;
    }
  }
}

void WarmStart::recall(const std::vector<Interval>& intervals, const OcpQp& qp,
                       OcpQpSolution& solution) const {
  int old = 0;
  for (int k = 0; k < qp.N; ++k) {
    const auto& interval = intervals[index(k)];
    double* to = solution.multiplier[index(k)].data();
    std::fill_n(to, solution.multiplier[index(k)].size(), 0.0);
    if (!filled_ || qp.stages[index(k)].block_count == 0) continue;
    const double middle = interval.time + 0.5 * interval.dt;
    while (old + 1 < qp.N && time_[index(old + 1)] <= middle) ++old;
    if (middle > time_[index(old)] + dt_[index(old)]) continue;
    const double* from = multiplier_.data() + old * contacts_ * kRows;
    for (int c = 0; c < contacts_; ++c, from += kRows) {
      if (!interval.contacts[index(c)].stance) continue;
      for (int r = 0; r < kRows; ++r) to[r] = from[r] * interval.dt;
      to += kRows;
    }
  }
}

}  // namespace surefoot::mpc

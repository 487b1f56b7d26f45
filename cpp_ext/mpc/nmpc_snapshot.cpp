#include "mpc/nmpc_impl.hpp"

namespace surefoot {

/// All that `CentroidalNmpc::sample` reads of a solve.
struct NmpcSnapshot::Data {
  NmpcPlan plan;
  std::vector<double> base_velocity;
  mpc::GaitSchedule schedule;
  std::vector<mpc::FootMotion> feet;
  bool ready;
};

NmpcSnapshot::NmpcSnapshot(std::unique_ptr<Data> data) : data_(std::move(data)) {}
NmpcSnapshot::NmpcSnapshot(NmpcSnapshot&&) noexcept = default;
NmpcSnapshot& NmpcSnapshot::operator=(NmpcSnapshot&&) noexcept = default;
NmpcSnapshot::~NmpcSnapshot() = default;
const NmpcPlan& NmpcSnapshot::plan() const { return data_->plan; }

NmpcSnapshot CentroidalNmpc::make_snapshot() const {
  const Impl& self = *impl_;
  return NmpcSnapshot(std::unique_ptr<NmpcSnapshot::Data>(
      new NmpcSnapshot::Data{self.plan, self.base_velocity, self.schedule, self.feet, self.ready}));
}

void CentroidalNmpc::save(NmpcSnapshot& snapshot) const {
  NmpcSnapshot::Data& data = *snapshot.data_;
  data.plan = impl_->plan;
  data.base_velocity = impl_->base_velocity;
  data.schedule = impl_->schedule;
  data.feet = impl_->feet;
  data.ready = impl_->ready;
}

void CentroidalNmpc::load(NmpcSnapshot& snapshot) {
  NmpcSnapshot::Data& data = *snapshot.data_;
  std::swap(impl_->plan, data.plan);
  std::swap(impl_->base_velocity, data.base_velocity);
  std::swap(impl_->schedule, data.schedule);
  std::swap(impl_->feet, data.feet);
  std::swap(impl_->ready, data.ready);
  impl_->gains_ready = impl_->options.nodes;  // no more can be known of them here
}

}  // namespace surefoot

#include "mpc/weights.hpp"

namespace surefoot {

bool NmpcWeights::operator==(const NmpcWeights& other) const {
  const auto same = [&](auto... members) { return ((this->*members == other.*members) && ...); };
  using W = NmpcWeights;
  return same(&W::momentum_linear, &W::momentum_angular, &W::base_position, &W::base_orientation) &&
         same(&W::joint_position, &W::force, &W::moment, &W::foot_velocity, &W::foot_turn,
              &W::joint_velocity, &W::foothold, &W::terminal, &W::barrier_weight,
              &W::joint_position_limit, &W::joint_velocity_limit, &W::joint_torque_limit,
              &W::swing_position_gain, &W::capture_gain);
}

namespace mpc {

Weights::Weights(const NmpcOptions& o)
    : NmpcWeights(o),
      force_min(o.force_min),
      force_max(o.force_max),
      soft_friction(o.soft_friction),
      barrier_relaxation(o.barrier_relaxation),
      barrier_smoothing(o.barrier_smoothing),
      limit_margin(o.limit_margin),
      singular_tolerance(o.singular_tolerance) {}

}  // namespace mpc
}  // namespace surefoot

#include "mpc/weights.hpp"

namespace surefoot::mpc {

Weights::Weights(const NmpcOptions& o)
    : momentum_linear(o.momentum_linear),
      momentum_angular(o.momentum_angular),
      base_position(o.base_position),
      base_orientation(o.base_orientation),
      joint_position(o.joint_position),
      force(o.force),
      moment(o.moment),
      foot_velocity(o.foot_velocity),
      foot_turn(o.foot_turn),
      joint_velocity(o.joint_velocity),
      foothold(o.foothold),
      terminal(o.terminal),
      force_min(o.force_min),
      force_max(o.force_max),
      soft_friction(o.soft_friction),
      barrier_weight(o.barrier_weight),
      barrier_relaxation(o.barrier_relaxation),
      barrier_smoothing(o.barrier_smoothing),
      joint_position_limit(o.joint_position_limit),
      joint_velocity_limit(o.joint_velocity_limit),
      joint_torque_limit(o.joint_torque_limit),
      limit_margin(o.limit_margin),
      singular_tolerance(o.singular_tolerance) {}

}  // namespace surefoot::mpc

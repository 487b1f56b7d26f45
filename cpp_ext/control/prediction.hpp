#pragma once
#include "surefoot/nmpc.hpp"

namespace surefoot {

/// Moves a state (q, v) on for `dt` seconds as the plan moves from `now` to `then`; its deviation
/// from the plan goes on by its own speed and as the feedback drives it (`driven`: the plan at
/// `now` with the feedback of this state). Without that, a plan made ahead answers a deviation
/// that its predecessor is about to take away, and the two take turns.
void move_along(const NmpcSample& now, const NmpcSample& then, const NmpcSample& driven, double dt,
                Eigen::VectorXd& q, Eigen::VectorXd& v);

/// Moves q on for `dt` seconds at the velocity v.
void move_on(double dt, Eigen::VectorXd& q, const Eigen::VectorXd& v);

}  // namespace surefoot

#pragma once
#include "surefoot/nmpc.hpp"

namespace surefoot {

/// Moves a state (q, v) on as the plan moves from `now` to `then`: its deviation from the plan
/// stays what it is.
void move_along(const NmpcSample& now, const NmpcSample& then, Eigen::VectorXd& q,
                Eigen::VectorXd& v);

/// Moves q on for `dt` seconds at the velocity v.
void move_on(double dt, Eigen::VectorXd& q, const Eigen::VectorXd& v);

}  // namespace surefoot

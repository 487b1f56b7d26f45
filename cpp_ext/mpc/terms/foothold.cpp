#include "mpc/terms/foothold.hpp"

namespace surefoot::mpc {

Foothold::Foothold(const Weights& weights) : CostTerm("foothold"), weights_(weights) {}

double Foothold::value(const StagePoint& p) {
  double sum = 0.0;
  for (int c = 0; c < p.layout().nc; ++c) {
    if (p.task(c).stance) continue;
    const Eigen::Vector2d miss =
        p.point(c).position.head<2>() - Eigen::Map<const Eigen::Vector2d>(p.task(c).target);
    sum += weights_.foothold * miss.squaredNorm();
  }
  return 0.5 * sum;
}

void Foothold::add(const StagePoint& p, double scale, StageCost& cost) {
  const double weight = scale * weights_.foothold;
  for (int c = 0; c < p.layout().nc; ++c) {
    if (p.task(c).stance) continue;
    const auto& point = p.point(c);
    const auto& chain = p.dynamics.tree().chain(c);
    for (int axis = 0; axis < 2; ++axis) {
      // Row of the Jacobian of the foot's place from the base: orientation, joints of the leg.
      double value[128];
      int column[128], count = 0;
      const auto add = [&](int at, double v) {
        column[count] = at;
        value[count++] = v;
      };
      const Vector3d turn = point.position.cross(Vector3d::Unit(axis));
      for (int i = 0; i < 3; ++i) add(Layout::kOrientation + i, turn[i]);
      for (std::size_t j = 0; j < chain.size(); ++j)
        add(Layout::kJoints + chain[j], point.jacobian[j][axis]);
      const double error = point.position[axis] - p.task(c).target[axis];
      for (int j = 0; j < count; ++j) {
        cost.state_gradient(column[j]) += weight * error * value[j];
        for (int i = 0; i < count; ++i)
          cost.state_hessian(column[i], column[j]) += weight * value[i] * value[j];
      }
    }
  }
}

}  // namespace surefoot::mpc

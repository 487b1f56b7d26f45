#include "mpc/terms/friction_pyramid.hpp"

#include "mpc/terms/contact_frame.hpp"

namespace surefoot::mpc {

FrictionPyramid::FrictionPyramid(const Weights& weights, double unit)
    : InequalityTerm("friction_pyramid"),
      min_(weights.force_min),
      max_(weights.force_max),
      unit_(unit) {}

void FrictionPyramid::add(const StagePoint& p, const int* force, StageQp& stage) {
  for (int c = 0; c < p.layout().nc; ++c) {
    if (!p.task(c).stance) continue;
    auto& block = stage.blocks[static_cast<std::size_t>(stage.block_count++)];
    block.first = force[c];
    contact_inequalities(p.dynamics.tree().contact(c), contact_frame(p, c), min_, max_, unit_,
                         p.force(c), block);
  }
}

}  // namespace surefoot::mpc

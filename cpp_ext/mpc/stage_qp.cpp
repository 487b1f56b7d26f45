#include "mpc/stage_qp.hpp"

namespace surefoot::mpc {

OcpQp::OcpQp(int count, int inputs, int states, int contacts)
    : N(count),
      nu(padded(inputs)),
      nx(padded(states)),
      nz(nu + nx),
      stages(static_cast<std::size_t>(count)),
      terminal_H(static_cast<std::size_t>(nx * nx), 0.0),
      terminal_g(static_cast<std::size_t>(nx), 0.0),
      dx0(static_cast<std::size_t>(nx), 0.0) {
  for (auto& stage : stages) {
    stage.M.assign(static_cast<std::size_t>(nx * nz), 0.0);
    stage.H.assign(static_cast<std::size_t>(nz * nz), 0.0);
    stage.g.assign(static_cast<std::size_t>(nz), 0.0);
    stage.b.assign(static_cast<std::size_t>(nx), 0.0);
    stage.blocks.resize(static_cast<std::size_t>(contacts));
  }
}

OcpQpSolution::OcpQpSolution(const OcpQp& qp)
    : z(qp.stages.size(), std::vector<double>(static_cast<std::size_t>(qp.nz), 0.0)),
      x_end(static_cast<std::size_t>(qp.nx), 0.0) {
  for (const auto& stage : qp.stages) {
    slack.emplace_back(stage.blocks.size() * InequalityBlock::kRows, 1.0);
    multiplier.emplace_back(stage.blocks.size() * InequalityBlock::kRows, 0.0);
  }
}

}  // namespace surefoot::mpc

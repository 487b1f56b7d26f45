#include "wbc/physics.hpp"

#include "math/vector_kernels.hpp"
#include "wbc/contact_set.hpp"

namespace surefoot {

Physics::Physics(int nv, int max_forces)
    : contact_(nv, max_forces + 1),
      base_(nv + max_forces, 6),
      basis_(Eigen::VectorXd::Zero((nv + max_forces) * (nv + max_forces))),
      particular_(nv + max_forces),
      y_(nv + max_forces),
      residual_(max_forces),
      base_target_(6) {}

void Physics::eliminate(const Tick& tick) {
  const auto jacobian_transposed = tick.contacts.jacobian_transposed();
  const auto target = tick.contacts.target();
  const auto& mass_matrix = tick.body.mass_matrix();
  const int nv = static_cast<int>(tick.v.size());
  const int nf = static_cast<int>(jacobian_transposed.cols());
  n_ = nv + nf;
  particular_.head(n_).setZero();
  contact_.transposed(nv, nf) = jacobian_transposed;
  const int rank = contact_.factorise();
  contact_.solve(target, particular_.head(rank));
  contact_.apply(particular_.head(nv));
  contact_residual_ = 0.0;
  if (rank < nf) {
    residual_.head(nf) = target;
    residual_.head(nf).noalias() -= jacobian_transposed.transpose() * particular_.head(nv);
    contact_residual_ = residual_.head(nf).cwiseAbs().maxCoeff();
  }

  // In [w, f] with dv = particular + Q_2 w, six rows: (M_u Q_2) w - J_u' f = -h_u - M_u dv.
  const int free_motion = nv - rank, columns = free_motion + nf;
  Eigen::Map<Eigen::MatrixXd> basis(basis_.data(), n_, columns);
  contact_.null_basis(basis.topLeftCorner(nv, free_motion));
  auto rows = base_.transposed(columns, 6);
  for (int i = 0; i < 6; ++i)
    transposed_product(nv, free_motion, basis.data(), n_, mass_matrix.col(i).data(),
                       rows.col(i).data());
  rows.bottomRows(nf) = -jacobian_transposed.topRows(6).transpose();
  transposed_product(nv, 6, mass_matrix.data(), nv, particular_.data(), y_.data());
  base_target_ = -tick.body.bias().head<6>() - y_.head<6>();
  skipped_ = base_.factorise();
  free_ = columns - skipped_;
  basis.topRightCorner(nv, nf).setZero();
  basis.bottomLeftCorner(nf, free_motion).setZero();
  basis.bottomRightCorner(nf, nf).setIdentity();
  base_.rotate(basis);
  base_.solve(base_target_, y_.head(skipped_));
  add_product(n_, skipped_, basis.data(), n_, y_.data(), 1, particular_.data());
}

}  // namespace surefoot

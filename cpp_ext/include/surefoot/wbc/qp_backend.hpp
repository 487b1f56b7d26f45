#pragma once
#include <Eigen/Core>

#include "surefoot/export.hpp"

namespace surefoot {

/// Another solver for the controller's quadratic programs, to compare with its own:
///
///   min 1/2 z'Hz + g'z  subject to  lower <= C z <= upper,  H positive definite.
class SUREFOOT_API QpBackend {
 public:
  virtual ~QpBackend() = default;
  /// False if it found no solution; must not throw. `multipliers` of H z + g + C' lambda = 0 are
  /// positive at upper bounds.
  virtual bool solve(const Eigen::Ref<const Eigen::MatrixXd>& H,
                     const Eigen::Ref<const Eigen::VectorXd>& g,
                     const Eigen::Ref<const Eigen::MatrixXd>& C,
                     const Eigen::Ref<const Eigen::VectorXd>& lower,
                     const Eigen::Ref<const Eigen::VectorXd>& upper, Eigen::Ref<Eigen::VectorXd> z,
                     Eigen::Ref<Eigen::VectorXd> multipliers) = 0;
};

}  // namespace surefoot

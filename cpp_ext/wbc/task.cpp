#include "surefoot/wbc/task.hpp"

#include <cmath>

namespace surefoot {

double Task::residual(const Eigen::Ref<const Eigen::VectorXd>& x) const {
  double sum = 0.0;
  for (int i = 0; i < rows_.count; ++i) {
    double value = -rows_.target(i);
    if (rows_.form == TaskRows::Form::kSelection)
      value += x(rows_.first + i);
    else if (rows_.form == TaskRows::Form::kAcceleration)
      value +=
          rows_.matrix.row(i).head(rows_.acceleration_size).dot(x.head(rows_.acceleration_size));
    else
      value += rows_.matrix.row(i).head(x.size()).dot(x);
    sum += value * value;
  }
  return std::sqrt(sum);
}

}  // namespace surefoot

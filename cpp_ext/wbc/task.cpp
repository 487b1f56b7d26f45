#include "surefoot/wbc/task.hpp"

#include <cmath>

namespace surefoot {

Eigen::RowVectorXd TaskRows::row(int index) const {
  Eigen::RowVectorXd dense = Eigen::RowVectorXd::Zero(matrix.cols());
  const auto width = form == Form::kAcceleration ? acceleration_size : matrix.cols();
  if (form == Form::kSelection)
    dense(first + index) = 1.0;
  else
    dense.head(width) = matrix.row(index).head(width);
  return dense;
}

double TaskRows::value(int row, const Eigen::Ref<const Eigen::VectorXd>& x) const {
  if (form == Form::kSelection) return x(first + row);
  const Eigen::Index width = form == Form::kAcceleration ? acceleration_size : x.size();
  return matrix.row(row).head(width).dot(x.head(width));
}

double TaskRows::residual(int row, const Eigen::Ref<const Eigen::VectorXd>& x) const {
  const double there = value(row, x);
  if (kind == Kind::kEquality) return there - target(row);
  if (there < lower(row)) return there - lower(row);
  return there > upper(row) ? there - upper(row) : 0.0;
}

void Task::evaluate(const Eigen::Ref<const Eigen::VectorXd>& x,
                    Eigen::Ref<Eigen::VectorXd> out) const {
  for (int i = 0; i < rows_.count; ++i) out(i) = rows_.residual(i, x);
}

double Task::residual(const Eigen::Ref<const Eigen::VectorXd>& x) const {
  double sum = 0.0;
  for (int i = 0; i < rows_.count; ++i) {
    const double value = rows_.residual(i, x);
    sum += value * value;
  }
  return std::sqrt(sum);
}

}  // namespace surefoot

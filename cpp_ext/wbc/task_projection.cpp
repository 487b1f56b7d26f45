#include "wbc/task_projection.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot {

TaskProjection::TaskProjection(int max_unknowns, int max_rows)
    : storage_(static_cast<std::size_t>(max_unknowns) * static_cast<std::size_t>(max_rows)),
      residual_(max_rows) {}

void TaskProjection::clear(int columns) {
  columns_ = columns;
  rows_ = 0;
  scale_ = 0.0;
}

void TaskProjection::add(const TaskLevel& level, const double* basis_data,
                         const Eigen::Ref<const Eigen::VectorXd>& x) {
  const auto n = x.size();
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_data, n, columns_);
  for (const auto& task : level) {
    if (task->is_inequality()) continue;
    const TaskRows& rows = task->rows();
    const int count = rows.count;
    Eigen::Map<Eigen::MatrixXd> projected(storage_.data() + columns_ * rows_, columns_, count);
    auto residual = residual_.segment(rows_, count);
    const auto width = rows.form == TaskRows::Form::kAcceleration ? rows.acceleration_size : n;
    residual = rows.target.head(count);
    if (rows.form == TaskRows::Form::kSelection) {
      projected = basis.middleRows(rows.first, count).transpose();
      residual -= x.segment(rows.first, count);
    } else {
      const auto matrix = rows.matrix.topLeftCorner(count, width);
      projected.noalias() = basis.topRows(width).transpose() * matrix.transpose();
      residual.noalias() -= matrix * x.head(width);
    }
    for (int i = 0; i < count; ++i) {
      const double weight = std::sqrt(rows.weight(i));
      const double size =
          rows.form == TaskRows::Form::kSelection ? 1.0 : rows.matrix.row(i).head(width).norm();
      scale_ = std::max(scale_, weight * size);
      projected.col(i) *= weight;
      residual(i) *= weight;
    }
    rows_ += count;
  }
}

void TaskProjection::add(const Eigen::Ref<const Eigen::VectorXd>& row, double residual,
                         double size) {
  Eigen::Map<Eigen::VectorXd>(storage_.data() + columns_ * rows_, columns_) = row;
  residual_(rows_++) = residual;
  scale_ = std::max(scale_, size);
}

int weighted_residual(const TaskLevel& level, const Eigen::Ref<const Eigen::VectorXd>& x,
                      Eigen::Ref<Eigen::VectorXd> out) {
  int row = 0;
  for (const auto& task : level) {
    if (task->is_inequality()) continue;
    const int count = task->rows().count;
    auto residual = out.segment(row, count);
    task->evaluate(x, residual);
    residual = -residual.cwiseProduct(task->rows().weight.head(count).cwiseSqrt());
    row += count;
  }
  return row;
}

}  // namespace surefoot

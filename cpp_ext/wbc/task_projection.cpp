#include "wbc/task_projection.hpp"

#include <algorithm>
#include <cmath>

#include "math/vector_kernels.hpp"

namespace surefoot {

TaskProjection::TaskProjection(int max_unknowns, int max_rows)
    : storage_(static_cast<std::size_t>(max_unknowns) * static_cast<std::size_t>(max_rows)),
      row_(max_unknowns),
      residual_(max_rows) {}

void TaskProjection::clear(int columns) {
  columns_ = columns;
  rows_ = 0;
  scale_ = 0.0;
}

void TaskProjection::add(const TaskLevel& level, const double* basis_data,
                         const Eigen::Ref<const Eigen::VectorXd>& x) {
  const int n = static_cast<int>(x.size());
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_data, n, columns_);
  for (const auto& task : level) {
    if (task->is_inequality()) continue;
    const TaskRows& rows = task->rows();
    const int count = rows.count;
    Eigen::Map<Eigen::MatrixXd> projected(storage_.data() + columns_ * rows_, columns_, count);
    auto residual = residual_.segment(rows_, count);
    const int width = rows.form == TaskRows::Form::kAcceleration ? rows.acceleration_size : n;
    for (int i = 0; i < count; ++i) {
      const double weight = std::sqrt(rows.weight(i));
      if (rows.form == TaskRows::Form::kSelection) {
        projected.col(i) = weight * basis.row(rows.first + i).transpose();
        residual(i) = weight * (rows.target(i) - x(rows.first + i));
        scale_ = std::max(scale_, weight);
        continue;
      }
      for (int k = 0; k < width; ++k) row_(k) = weight * rows.matrix(i, k);
      transposed_product(width, columns_, basis_data, n, row_.data(), projected.col(i).data());
      residual(i) = weight * rows.target(i) - dot(width, row_.data(), x.data());
      scale_ = std::max(scale_, std::sqrt(dot(width, row_.data(), row_.data())));
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

void TaskProjection::add_square(Eigen::Ref<Eigen::MatrixXd> out) const {
  const double* rows = storage_.data();
  for (int j = 0; j < columns_; ++j)
    add_product(columns_ - j, rows_, rows + j, columns_, rows + j, columns_, &out(j, j));
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

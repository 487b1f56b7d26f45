#include "wbc/level_rows.hpp"

#include <algorithm>

#include "math/vector_kernels.hpp"

namespace surefoot {
namespace {

constexpr double kDetermined = 1e-10;  // relative size of a row in what is left free

}  // namespace

LevelRows::LevelRows(int max_unknowns, int max_rows)
    : slack_(static_cast<std::size_t>(max_rows), -1), x_(max_unknowns), row_(max_unknowns) {}

void LevelRows::set(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
                    const double* basis, int columns) {
  limits_ = &limits;
  origin_ = origin.data();
  basis_ = basis;
  unknowns_ = static_cast<int>(origin.size());
  columns_ = columns;
  slacks_ = 0;
  std::fill(slack_.begin(), slack_.end(), -1);
}

void LevelRows::add_slack(int index) {
  slack_[static_cast<std::size_t>(index)] = columns_ + slacks_++;
}

int LevelRows::count() const { return limits_->count(); }

void LevelRows::evaluate(const Eigen::Ref<const Eigen::VectorXd>& z,
                         Eigen::Ref<Eigen::VectorXd> values) const {
  x_.head(unknowns_) = Eigen::Map<const Eigen::VectorXd>(origin_, unknowns_);
  add_product(unknowns_, columns_, basis_, unknowns_, z.data(), 1, x_.data());
  limits_->evaluate(x_.head(unknowns_), values);
  if (slacks_ == 0) return;
  for (int i = 0; i < limits_->count(); ++i)
    if (slack(i) >= 0) values(i) += z(slack(i));
}

void LevelRows::row(int index, Eigen::Ref<Eigen::VectorXd> out) const {
  const Limits::Row run = limits_->row(index, row_.head(unknowns_));
  transposed_product(run.size, columns_, basis_ + run.first, unknowns_, row_.data() + run.first,
                     out.data());
  // What is left of a row that the levels above determine is rounding; it must read as zero.
  const double size = row_.segment(run.first, run.size).squaredNorm();
  if (out.head(columns_).squaredNorm() < kDetermined * kDetermined * size)
    out.head(columns_).setZero();
  out.tail(slacks_).setZero();
  if (slack(index) >= 0) out(slack(index)) = 1.0;
}

}  // namespace surefoot

#include "wbc/level_rows.hpp"

#include <algorithm>

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
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, unknowns_, columns_);
  x_.head(unknowns_) = Eigen::Map<const Eigen::VectorXd>(origin_, unknowns_);
  x_.head(unknowns_).noalias() += basis * z.head(columns_);
  limits_->evaluate(x_.head(unknowns_), values);
  if (slacks_ == 0) return;
  for (int i = 0; i < limits_->count(); ++i)
    if (slack(i) >= 0) values(i) += z(slack(i));
}

void LevelRows::row(int index, Eigen::Ref<Eigen::VectorXd> out) const {
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, unknowns_, columns_);
  const Limits::Row run = limits_->row(index, row_.head(unknowns_));
  out.head(columns_).noalias() =
      basis.middleRows(run.first, run.size).transpose() * row_.segment(run.first, run.size);
  // What is left of a row that the levels above determine is rounding; it must read as zero.
  const double size = row_.segment(run.first, run.size).squaredNorm();
  if (out.head(columns_).squaredNorm() < kDetermined * kDetermined * size)
    out.head(columns_).setZero();
  out.tail(slacks_).setZero();
  if (slack(index) >= 0) out(slack(index)) = 1.0;
}

}  // namespace surefoot

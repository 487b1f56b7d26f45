#include "surefoot/wbc/tasks/linear.hpp"

#include <stdexcept>

#include "wbc/contact_set.hpp"

namespace surefoot {
namespace {

int all_unknowns(const RobotDescription& description) {
  int width = description.nv();
  for (const auto& contact : description.contacts) width += contact.size();
  return width;
}

void check_columns(Eigen::Index columns, Eigen::Index nv, Eigen::Index all) {
  if (columns != nv && columns != all)
    throw std::invalid_argument("A has " + std::to_string(columns) + " columns: give it " +
                                std::to_string(nv) + ", the accelerations, or " +
                                std::to_string(all) + ", these and the forces of all contacts");
}

}  // namespace

LinearTask::LinearTask(int max_rows, double weight, std::string name)
    : Task(std::move(name), weight), max_rows_(max_rows) {
  if (max_rows < 0) throw std::invalid_argument("max_rows must not be negative");
}

void LinearTask::set_matrix(const Eigen::Ref<const Eigen::MatrixXd>& A) {
  const auto number = [](Eigen::Index value) { return std::to_string(value); };
  if (A.rows() > max_rows_)
    throw std::invalid_argument("A has " + number(A.rows()) + " rows, but the task " +
                                number(max_rows_) + ": make it with a greater max_rows");
  if (!A.allFinite()) throw std::invalid_argument("A must be finite");
  if (rows_.acceleration_size != 0)  // else there is no robot yet
    check_columns(A.cols(), rows_.acceleration_size, rows_.matrix.cols());
  A_ = A;
}

void LinearTask::check(const RobotDescription& description) {
  if (A_.size() != 0) check_columns(A_.cols(), description.nv(), all_unknowns(description));
}

void LinearTask::check_size(const Eigen::Ref<const Eigen::MatrixXd>& A, Eigen::Index size,
                            const char* what) {
  if (size != A.rows())
    throw std::invalid_argument(std::string(what) + " has " + std::to_string(size) +
                                " numbers: give it one a row of A, " + std::to_string(A.rows()));
}

void LinearTask::update(const Tick& tick) {
  const auto nv = tick.v.size(), m = A_.rows();
  const auto& contacts = tick.description.contacts;
  rows_.count = static_cast<int>(m);  // none before the first `set`
  if (rows_.count == 0) return;
  const bool with_forces = A_.cols() != nv;
  rows_.form = with_forces ? TaskRows::Form::kFull : TaskRows::Form::kAcceleration;
  rows_.matrix.topLeftCorner(m, nv) = A_.leftCols(nv);
  if (with_forces) {
    std::size_t next = 0;
    Eigen::Index column = nv;
    for (const auto& active : tick.contacts.active()) {
      for (; next < static_cast<std::size_t>(active.index); ++next) column += contacts[next].size();
      rows_.matrix.block(0, nv + active.offset, m, active.size) =
          A_.middleCols(column, active.size);
    }
  }
  if (is_inequality()) {
    rows_.lower.head(m) = first_;
    rows_.upper.head(m) = second_;
  } else {
    rows_.target.head(m) = first_;
  }
  rows_.weight.head(m).setConstant(weight);
}

void LinearEquality::set(const Eigen::Ref<const Eigen::MatrixXd>& A,
                         const Eigen::Ref<const Eigen::VectorXd>& b) {
  check_size(A, b.size(), "b");
  if (!b.allFinite()) throw std::invalid_argument("b must be finite");
  set_matrix(A);
  first_ = b;
}

void LinearInequality::set(const Eigen::Ref<const Eigen::MatrixXd>& A,
                           const Eigen::Ref<const Eigen::VectorXd>& lower,
                           const Eigen::Ref<const Eigen::VectorXd>& upper) {
  check_size(A, lower.size(), "lower");
  check_size(A, upper.size(), "upper");
  if (!(lower.array() <= upper.array()).all())
    throw std::invalid_argument(
        "needs lower <= upper: exchange them, or use infinity for no bound");
  set_matrix(A);
  first_ = lower;
  second_ = upper;
}

}  // namespace surefoot

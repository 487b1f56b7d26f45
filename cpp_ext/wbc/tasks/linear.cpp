#include "surefoot/wbc/tasks/linear.hpp"

#include <stdexcept>

#include "wbc/contact_set.hpp"

namespace surefoot {

LinearTask::LinearTask(int max_rows, double weight, std::string name)
    : Task(std::move(name), weight), max_rows_(max_rows) {
  if (max_rows < 0) throw std::invalid_argument("a task cannot have fewer than no rows");
}

void LinearTask::set_matrix(const Eigen::Ref<const Eigen::MatrixXd>& A) {
  if (A.rows() > max_rows_)
    throw std::invalid_argument("task '" + name() + "': more rows than it was made for");
  if (!A.allFinite()) throw std::invalid_argument("task '" + name() + "': A must be finite");
  A_ = A;
}

void LinearTask::check_size(Eigen::Index size, const char* what) const {
  if (size != A_.rows())
    throw std::invalid_argument("task '" + name() + "': " + what + " needs one number a row of A");
}

void LinearTask::update(const Tick& tick) {
  const auto nv = tick.v.size(), m = A_.rows();
  const auto& contacts = tick.description.contacts;
  Eigen::Index width = nv;
  for (const auto& contact : contacts) width += contact.size();
  const bool with_forces = A_.cols() == width;
  // A matrix of another robot, or none yet, asks for nothing.
  rows_.count = with_forces || A_.cols() == nv ? static_cast<int>(m) : 0;
  if (rows_.count == 0) return;
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
  set_matrix(A);
  check_size(b.size(), "b");
  if (!b.allFinite()) throw std::invalid_argument("task '" + name() + "': b must be finite");
  first_ = b;
}

void LinearInequality::set(const Eigen::Ref<const Eigen::MatrixXd>& A,
                           const Eigen::Ref<const Eigen::VectorXd>& lower,
                           const Eigen::Ref<const Eigen::VectorXd>& upper) {
  set_matrix(A);
  check_size(lower.size(), "lower");
  check_size(upper.size(), "upper");
  if (!(lower.array() <= upper.array()).all())
    throw std::invalid_argument("task '" + name() + "': needs lower <= upper");
  first_ = lower;
  second_ = upper;
}

}  // namespace surefoot

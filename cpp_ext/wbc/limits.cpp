#include "wbc/limits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "math/vector_kernels.hpp"
#include "wbc/contact_set.hpp"

namespace surefoot {

Limits::Limits(const RobotDescription& description, int max_friction_rows)
    : lower(max_friction_rows + description.nj()),
      upper(max_friction_rows + description.nj()),
      effort_lower(description.nj()),
      effort_upper(description.nj()),
      description_(description),
      max_built_in_(max_friction_rows + description.nj()) {
  contacts_.reserve(description.contacts.size());
  update_effort(Eigen::VectorXd::Zero(description.nv()));
}

void Limits::set_torque_speed(const Eigen::VectorXd& corner, const Eigen::VectorXd& no_load) {
  const bool given = corner.size() != 0 || no_load.size() != 0;
  if (given && (corner.size() != description_.nj() || no_load.size() != description_.nj()))
    throw std::invalid_argument("corner_velocity and no_load_velocity hold one number a joint");
  if (given && !((corner.array() > 0.0) && (corner.array() <= no_load.array())).all())
    throw std::invalid_argument("needs 0 < corner_velocity <= no_load_velocity");
  corner_ = corner;
  no_load_ = no_load;
}

void Limits::update_effort(const Eigen::VectorXd& v) {
  for (int i = 0; i < description_.nj(); ++i) {
    const double effort = description_.joints[static_cast<std::size_t>(i)].effort_limit;
    const double velocity = v(6 + i), speed = std::abs(velocity);
    double share = 1.0;  // of the torque that drives the motion; braking has all of it
    if (corner_.size() != 0 && speed > corner_(i))
      share = speed < no_load_(i) ? (no_load_(i) - speed) / (no_load_(i) - corner_(i)) : 0.0;
    effort_lower(i) = velocity < 0.0 ? -share * effort : -effort;
    effort_upper(i) = velocity > 0.0 ? share * effort : effort;
  }
}

void Limits::set_tasks(const TaskLevel& hard, const Stack& stack) {
  sources_.clear();
  int name = 0;
  for (const auto& level : stack) name += static_cast<int>(level.size());
  for (const auto& task : hard) sources_.push_back({&task->rows(), -1, name++});
  name = 0;
  for (std::size_t k = 0; k < stack.size(); ++k)
    for (const auto& task : stack[k]) {
      if (task->is_inequality()) sources_.push_back({&task->rows(), static_cast<int>(k), name});
      ++name;
    }
  Eigen::Index rows = 0;
  for (const auto& source : sources_) rows += source.rows->lower.size();
  task_rows_.clear();
  task_rows_.reserve(static_cast<std::size_t>(rows));
  lower.resize(max_built_in_ + rows);
  upper.resize(max_built_in_ + rows);
}

void Limits::update(const Tick& tick) {
  tick_ = &tick;
  const int count = count_;
  same_rows_ = contacts_.size() == tick.contacts.active().size();
  for (std::size_t i = 0; same_rows_ && i < contacts_.size(); ++i)
    same_rows_ = contacts_[i] == tick.contacts.active()[i].index;
  contacts_.clear();
  int row = 0;
  for (const auto& contact : tick.contacts.active()) {
    contacts_.push_back(contact.index);
    lower(row) = contact.force_min;
    upper(row) = contact.force_max;
    lower.segment(row + 1, contact.rows - 1).setZero();
    upper.segment(row + 1, contact.rows - 1).setConstant(std::numeric_limits<double>::infinity());
    row += contact.rows;
  }
  friction_rows_ = row;
  const auto nj = description_.nj();
  update_effort(tick.v);
  lower.segment(row, nj) = effort_lower - tick.body.bias().tail(nj);
  upper.segment(row, nj) = effort_upper - tick.body.bias().tail(nj);
  built_in_ = hard_count_ = count_ = row + static_cast<int>(nj);
  task_rows_.clear();
  for (const auto& [rows, level, task] : sources_) {
    for (int i = 0; i < rows->count; ++i) task_rows_.push_back({rows, i, level, task});
    lower.segment(count_, rows->count) = rows->lower.head(rows->count);
    upper.segment(count_, rows->count) = rows->upper.head(rows->count);
    count_ += rows->count;
    if (level < 0) hard_count_ = count_;
  }
  same_rows_ = same_rows_ && count == count_;
}

ActiveLimit Limits::describe(int index, bool upper_bound) const {
  using Kind = ActiveLimit::Kind;
  if (index >= built_in_)
    return {Kind::kTask, task_row(index).task, task_row(index).row, upper_bound};
  if (index >= friction_rows_) return {Kind::kTorque, index - friction_rows_, 0, upper_bound};
  for (const auto& contact : tick_->contacts.active()) {
    if (index < contact.rows) return {Kind::kContact, contact.index, index, upper_bound};
    index -= contact.rows;
  }
  return {};
}

void Limits::evaluate(const Eigen::Ref<const Eigen::VectorXd>& x,
                      Eigen::Ref<Eigen::VectorXd> values) const {
  const auto nv = tick_->v.size(), nj = nv - 6;
  int row = 0;
  for (const auto& contact : tick_->contacts.active()) {
    values.segment(row, contact.rows).noalias() =
        contact.cone.topLeftCorner(contact.rows, contact.size) *
        x.segment(nv + contact.offset, contact.size);
    row += contact.rows;
  }
  auto torque = values.segment(row, nj);
  torque.setZero();
  add_motion_torque(x, torque);
  for (int i = built_in_; i < count_; ++i) values(i) = task_row(i).rows->value(task_row(i).row, x);
}

Limits::Row Limits::row(int index, Eigen::Ref<Eigen::VectorXd> out) const {
  const int nv = static_cast<int>(tick_->v.size());
  if (index < friction_rows_) {
    for (const auto& contact : tick_->contacts.active()) {
      if (index < contact.rows) {
        out.segment(nv + contact.offset, contact.size) =
            contact.cone.row(index).head(contact.size).transpose();
        return {nv + contact.offset, contact.size};
      }
      index -= contact.rows;
    }
  }
  if (index >= built_in_) {
    const auto& [rows, row, level, task] = task_row(index);
    if (rows->form == TaskRows::Form::kSelection) {
      out(rows->first + row) = 1.0;
      return {rows->first + row, 1};
    }
    const int width = rows->form == TaskRows::Form::kAcceleration
                          ? nv
                          : static_cast<int>(tick_->v.size()) + tick_->contacts.force_size();
    out.head(width) = rows->matrix.row(row).head(width);
    return {0, width};
  }
  const int joint = 6 + index - friction_rows_;  // row of v
  const auto jacobian = tick_->contacts.jacobian_transposed();
  out.head(nv) = tick_->body.mass_matrix().col(joint);
  out.segment(nv, jacobian.cols()) = -jacobian.row(joint).transpose();
  return {0, nv + static_cast<int>(jacobian.cols())};
}

void Limits::torque(const Eigen::Ref<const Eigen::VectorXd>& x,
                    Eigen::Ref<Eigen::VectorXd> out) const {
  out = tick_->body.bias().tail(tick_->v.size() - 6);
  add_motion_torque(x, out);
}

void Limits::add_motion_torque(const Eigen::Ref<const Eigen::VectorXd>& x,
                               Eigen::Ref<Eigen::VectorXd> out) const {
  const int nv = static_cast<int>(tick_->v.size()), nj = nv - 6;
  const auto jacobian = tick_->contacts.jacobian_transposed();
  out = -out;
  add_product(nj, static_cast<int>(jacobian.cols()), jacobian.data() + 6,
              static_cast<int>(jacobian.outerStride()), x.data() + nv, 1, out.data());
  out = -out;
  add_product(nj, nv, tick_->body.mass_matrix().data() + 6, nv, x.data(), 1, out.data());
}

}  // namespace surefoot

#include "surefoot/wbc/tasks/swing_feet.hpp"

#include "math/rotation.hpp"
#include "wbc/contact_set.hpp"

namespace surefoot {

void SwingFeet::update(const Tick& tick) {
  rows_.form = TaskRows::Form::kAcceleration;
  const Reference& reference = tick.reference;
  int row = 0;
  for (int i = 0; i < tick.description.nc(); ++i) {
    if (tick.contacts.is_active(i)) continue;
    const int size = tick.description.contacts[static_cast<std::size_t>(i)].size();
    const auto& velocity = tick.body.frame_velocity(i);
    const auto& drift = tick.body.frame_drift(i);
    rows_.matrix.middleRows(row, size).leftCols(tick.v.size()) =
        tick.body.frame_jacobian(i).topRows(size);
    rows_.target.segment<3>(row) =
        reference.contact_acceleration.col(i) +
        kp * (reference.contact_position.col(i) - tick.body.frame_position(i)) +
        kd * (reference.contact_velocity.col(i) - velocity.head<3>()) - drift.head<3>();
    if (size == 6)
      rows_.target.segment<3>(row + 3) =
          kp * rotation_error(rotation_of(reference.contact_orientation.col(i)),
                              tick.body.frame_rotation(i)) -
          kd * velocity.tail<3>() - drift.tail<3>();
    row += size;
  }
  rows_.count = row;
  rows_.weight.head(row).setConstant(weight);
}

int SwingFeet::max_rows(const RobotDescription& description) const {
  int rows = 0;
  for (const auto& contact : description.contacts) rows += contact.size();
  return rows;
}

}  // namespace surefoot

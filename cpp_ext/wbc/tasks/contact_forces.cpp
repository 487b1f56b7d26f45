#include "surefoot/wbc/tasks/contact_forces.hpp"

#include "wbc/contact_set.hpp"

namespace surefoot {

void ContactForces::update(const Tick& tick) {
  rows_.form = TaskRows::Form::kSelection;
  rows_.first = static_cast<int>(tick.v.size());
  rows_.count = tick.contacts.force_size();
  for (const auto& contact : tick.contacts.active())
    rows_.target.segment(contact.offset, contact.size) =
        tick.reference.forces.col(contact.index).head(contact.size);
  rows_.weight.head(rows_.count).setConstant(weight);
}

int ContactForces::max_rows(const RobotDescription& description) const {
  int rows = 0;
  for (const auto& contact : description.contacts) rows += contact.size();
  return rows;
}

}  // namespace surefoot

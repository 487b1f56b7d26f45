#pragma once
#include "mpc/friction.hpp"
#include "mpc/terms/term.hpp"

namespace surefoot::mpc {

/// Axes of a contact in stance: friction pyramid and rectangle lie along them. They are given, not
/// the foot's own, because a foot in stance does not turn.
inline Matrix3d contact_frame(const StagePoint& p, int contact) {
  return contact_axes(p.task(contact).normal, p.task(contact).forward);
}

}  // namespace surefoot::mpc

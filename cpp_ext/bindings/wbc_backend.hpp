#pragma once
#include <memory>

#include "bindings.hpp"
#include "surefoot/wbc/qp_backend.hpp"

namespace surefoot {

/// A solver in Python: a callable (H, g, C, lower, upper) -> (z, multipliers), or None if it found
/// no solution. An exception counts as that.
std::shared_ptr<QpBackend> python_backend(pybind11::object function);

}  // namespace surefoot

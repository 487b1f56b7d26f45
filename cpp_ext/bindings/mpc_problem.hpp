#pragma once
#include "bindings.hpp"
#include "mpc/interval.hpp"

namespace surefoot {

/// An interval of the NMPC's problem as a dictionary, and back.
pybind11::dict interval_values(const mpc::Interval& interval);
mpc::Interval interval_of(const pybind11::dict& values);

}  // namespace surefoot

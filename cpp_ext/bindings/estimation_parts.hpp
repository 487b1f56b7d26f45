#pragma once
#include <string>

#include "bindings.hpp"

namespace surefoot {

/// Raises ValueError unless the array has the length.
inline void require(const char* name, const Eigen::VectorXd& array, int size) {
  if (array.size() != size)
    throw pybind11::value_error(std::string(name) + " has length " + std::to_string(array.size()) +
                                ", expected " + std::to_string(size));
}

/// What the filters are built of: options, kinematics, contacts, covariance, invariant kernel.
void bind_estimation_parts(pybind11::module_& m);

}  // namespace surefoot

#include "checked_values.hpp"

#include <cmath>

namespace py = pybind11;

namespace surefoot {

void refuse(const std::string& name, const std::string& problem) {
  const py::object error = py::module_::import("surefoot.data").attr("InputError");
  PyErr_SetObject(error.ptr(), error(name, problem).ptr());
  throw py::error_already_set();
}

Eigen::VectorXd finite(const std::string& name, const Eigen::VectorXd& values) {
  if (!values.allFinite()) refuse(name, "must be finite");
  return values;
}

double not_negative(const std::string& name, double value) {
  if (!(std::isfinite(value) && value >= 0.0)) refuse(name, "must be finite and not negative");
  return value;
}

double positive(const std::string& name, double value) {
  if (!(std::isfinite(value) && value > 0.0)) refuse(name, "must be positive and finite");
  return value;
}

Eigen::Vector4d quaternion(const std::string& name, const Eigen::VectorXd& values) {
  const Eigen::Vector4d checked = sized<4>(name, values);
  if (std::abs(checked.norm() - 1.0) > 1e-3) refuse(name, "must be a unit quaternion xyzw");
  return checked.normalized();
}

}  // namespace surefoot

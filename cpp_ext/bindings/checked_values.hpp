#pragma once
#include <Eigen/Core>
#include <string>
#include <variant>

#include "bindings.hpp"

// Values that arrive from Python, checked: each function raises surefoot.data.InputError that
// names the value and what is wrong with it.

namespace surefoot {

/// One number for all axes, or one an axis.
using Numbers = std::variant<double, Eigen::VectorXd>;

/// Raises surefoot.data.InputError.
[[noreturn]] void refuse(const std::string& name, const std::string& problem);

Eigen::VectorXd finite(const std::string& name, const Eigen::VectorXd& values);
double not_negative(const std::string& name, double value);
double positive(const std::string& name, double value);

template <int N>
Eigen::Matrix<double, N, 1> sized(const std::string& name, const Eigen::VectorXd& values) {
  if (values.size() != N)
    refuse(name,
           "must hold " + std::to_string(N) + " numbers, not " + std::to_string(values.size()));
  return finite(name, values);
}

/// Gains of N axes from one number or N.
template <int N>
Eigen::Matrix<double, N, 1> gains(const std::string& name, const Numbers& numbers) {
  Eigen::Matrix<double, N, 1> values;
  if (const double* all = std::get_if<double>(&numbers))
    values = sized<N>(name, Eigen::VectorXd::Constant(N, *all));
  else
    values = sized<N>(name, std::get<Eigen::VectorXd>(numbers));
  if ((values.array() < 0.0).any()) refuse(name, "must not be negative");
  return values;
}

/// A unit quaternion xyzw, normalised.
Eigen::Vector4d quaternion(const std::string& name, const Eigen::VectorXd& values);

/// A copy that says no to `task.kp[2] = 5.0`, which would change nothing.
template <typename Derived>
pybind11::array read_only(const Eigen::MatrixBase<Derived>& values) {
  pybind11::array array = pybind11::cast(Eigen::VectorXd(values));
  array.attr("setflags")(pybind11::arg("write") = false);
  return array;
}

}  // namespace surefoot

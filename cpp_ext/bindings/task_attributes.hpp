#pragma once
#include <memory>
#include <optional>
#include <string>

#include "checked_values.hpp"
#include "surefoot/wbc/task.hpp"

// Attributes of tasks in Python: read at any time, checked when set.

namespace surefoot {

void bind_wbc_tasks(pybind11::module_& m);
void bind_motion_tasks(pybind11::module_& m);
void bind_limit_tasks(pybind11::module_& m);
void bind_python_task(pybind11::module_& m);

template <typename T>
using TaskClass = pybind11::class_<T, Task, std::shared_ptr<T>>;

inline std::string of(const std::string& attribute, const std::string& task) {
  return attribute + " of task '" + task + "'";
}

inline double checked_weight(double weight, const std::string& task) {
  return positive(of("weight", task), weight);
}
/// An attribute of N gains, set from one number or N.
template <int N, typename T>
void gain_attribute(TaskClass<T>& type, const char* attribute,
                    Eigen::Matrix<double, N, 1> T::* gain, const char* doc) {
  type.def_property(
      attribute, [gain](const T& task) { return read_only(task.*gain); },
      [=](T& task, const Numbers& value) {
        task.*gain = gains<N>(of(attribute, task.name()), value);
      },
      doc);
}

template <typename T>
void gain_attribute(TaskClass<T>& type, const char* attribute, double T::* gain, const char* doc) {
  type.def_property(
      attribute, [gain](const T& task) { return task.*gain; },
      [=](T& task, double value) { task.*gain = not_negative(of(attribute, task.name()), value); },
      doc);
}

/// An attribute of three numbers of either sign.
template <typename T>
void vector_attribute(TaskClass<T>& type, const char* attribute, Eigen::Vector3d T::* vector,
                      const char* doc) {
  type.def_property(
      attribute, [vector](const T& task) { return read_only(task.*vector); },
      [=](T& task, const Eigen::VectorXd& value) {
        task.*vector = sized<3>(of(attribute, task.name()), value);
      },
      doc);
}

}  // namespace surefoot

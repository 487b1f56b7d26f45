#pragma once
#include <algorithm>
#include <array>

#include "bindings.hpp"
#include "surefoot/control/controller.hpp"

namespace surefoot {

/// Arrays that commands are handed out in. Those that nobody else holds any more are filled again:
/// to make and to free five arrays costs a cold tick 2 us.
class CommandArrays {
 public:
  using Array = pybind11::array_t<double>;
  using Fields = std::array<Array, 5>;  ///< of surefoot.data.JointCommand, in their order

  /// Copies of the command's fields that stay as they are for as long as anybody holds them.
  const Fields& take(const JointCommand& command) {
    std::swap(given_, before_);  // as a rule the caller still holds the last tick's command
    const Eigen::VectorXd* const values[] = {&command.position, &command.velocity, &command.kp,
                                             &command.kd, &command.torque};
    for (std::size_t i = 0; i < given_.size(); ++i) fill(given_[i], *values[i]);
    return given_;
  }

 private:
  static void fill(Array& array, const Eigen::VectorXd& values) {
    if (!reusable(array, values.size())) array = Array(values.size());
    std::copy_n(values.data(), values.size(), array.mutable_data());
  }

  /// Whoever had it may have changed more of it than its numbers.
  static bool reusable(const Array& array, pybind11::ssize_t size) {
    return array.ref_count() == 1 && pybind11::isinstance<Array>(array) && array.writeable() &&
           array.ndim() == 1 && array.shape(0) == size && array.strides(0) == sizeof(double);
  }

  Fields given_, before_;
};

}  // namespace surefoot

#pragma once
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "surefoot/nmpc.hpp"

namespace surefoot {

inline pybind11::array_t<double> array(const std::vector<double>& values,
                                       std::vector<pybind11::ssize_t> shape) {
  return pybind11::array_t<double>(std::move(shape), values.data());
}

inline pybind11::array_t<bool> flags(const std::vector<char>& values,
                                     std::vector<pybind11::ssize_t> shape) {
  pybind11::array_t<bool> result(std::move(shape));
  bool* out = result.mutable_data();
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i] != 0;
  return result;
}

/// The plan's values under the names of surefoot.data.Plan's fields, residuals as one tuple.
inline pybind11::object plan_values(const NmpcPlan& p, int state_size, int input_size,
                                    int tangent_size, bool gains = true) {
  const auto nodes = static_cast<pybind11::ssize_t>(p.times.size());
  const pybind11::ssize_t contacts =
      nodes > 1 ? static_cast<pybind11::ssize_t>(p.contacts.size()) / (nodes - 1) : 0;
  pybind11::dict d;
  d["times"] = array(p.times, {nodes});
  d["states"] = array(p.states, {nodes, state_size});
  d["inputs"] = array(p.inputs, {nodes - 1, input_size});
  d["contacts"] = flags(p.contacts, {nodes - 1, contacts});
  d["gains"] = gains ? array(p.gains, {nodes - 1, input_size, tangent_size})
                     : array({}, {0, input_size, tangent_size});
  d["status"] = p.status;
  d["residuals"] =
      pybind11::make_tuple(p.stationarity, p.dynamics, p.equality, p.inequality, p.complementarity);
  d["iterations"] = p.iterations;
  d["solve_time_s"] = p.solve_time;
  d["age_solves"] = p.age_solves;
  d["age_s"] = p.age;
  d["damped"] = p.damped;
  d["step_length"] = p.step;
  return d;
}

}  // namespace surefoot

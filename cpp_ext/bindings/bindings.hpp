#pragma once
#include <pybind11/eigen.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace surefoot {
void bind_robots(pybind11::module_& m);
void bind_estimation(pybind11::module_& m);
void bind_mpc(pybind11::module_& m);
void bind_wbc(pybind11::module_& m);
void bind_control(pybind11::module_& m);
}  // namespace surefoot

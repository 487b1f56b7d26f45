#include "bindings.hpp"

PYBIND11_MODULE(_cpp, m) {
  m.doc() = "Surefoot's C++ kernels. Use them through the surefoot package.";
  // Each room's classes live in a submodule of the room's name.
  auto robots = m.def_submodule("robots");
  surefoot::bind_robots(robots);
  auto estimation = m.def_submodule("estimation");
  surefoot::bind_estimation(estimation);
  auto mpc = m.def_submodule("mpc");
  surefoot::bind_mpc(mpc);
  auto wbc = m.def_submodule("wbc");
  surefoot::bind_wbc(wbc);
  auto control = m.def_submodule("control");
  surefoot::bind_control(control);
}

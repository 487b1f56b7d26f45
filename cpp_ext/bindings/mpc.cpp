#include "bindings.hpp"

namespace surefoot {

void bind_mpc(pybind11::module_&) {}

}  // namespace surefoot

#include "bindings.hpp"

namespace surefoot {

void bind_control(pybind11::module_&) {}

}  // namespace surefoot

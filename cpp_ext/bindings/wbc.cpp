#include "bindings.hpp"

namespace surefoot {

void bind_wbc(pybind11::module_&) {}

}  // namespace surefoot

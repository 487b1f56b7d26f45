#include "bindings.hpp"

namespace surefoot {

void bind_estimation(pybind11::module_&) {}

}  // namespace surefoot

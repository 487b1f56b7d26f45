#pragma once
#include "surefoot/export.hpp"

namespace surefoot {

/// Heap allocations that the code of Surefoot's libraries has made on the calling thread. The
/// linker sends their calls of malloc and operator new through a counter (cpp_ext/CMakeLists.txt),
/// so a test can prove that a control tick makes none. Zero where the linker cannot (not Linux).
SUREFOOT_API long allocation_count();

/// For the counter itself.
SUREFOOT_API void count_allocation();

}  // namespace surefoot

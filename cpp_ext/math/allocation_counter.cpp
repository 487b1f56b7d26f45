#include "surefoot/allocation_counter.hpp"

namespace surefoot {
namespace {

thread_local long allocations = 0;

}  // namespace

long allocation_count() { return allocations; }
void count_allocation() { ++allocations; }

}  // namespace surefoot

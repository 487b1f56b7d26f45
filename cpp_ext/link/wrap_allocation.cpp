// Linked into each library with --wrap: its calls of the allocators arrive here first.
#include <cstddef>

#include "surefoot/allocation_counter.hpp"

extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* pointer, std::size_t size);
void* __real__Znwm(std::size_t size);
void* __real__Znam(std::size_t size);

void* __wrap_malloc(std::size_t size) {
  surefoot::count_allocation();
  return __real_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  surefoot::count_allocation();
  return __real_calloc(count, size);
}
void* __wrap_realloc(void* pointer, std::size_t size) {
  surefoot::count_allocation();
  return __real_realloc(pointer, size);
}
void* __wrap__Znwm(std::size_t size) {  // operator new
  surefoot::count_allocation();
  return __real__Znwm(size);
}
void* __wrap__Znam(std::size_t size) {  // operator new[]
  surefoot::count_allocation();
  return __real__Znam(size);
}
}

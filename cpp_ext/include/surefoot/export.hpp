#pragma once
// Symbols are hidden by default; what other libraries may call is marked with this.
#define SUREFOOT_API __attribute__((visibility("default")))

// CHORD_CHECK: a broken invariant of ours ends the process, in release builds too. Never used on input from outside.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace chord {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "chordd: broken invariant: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace chord

#define CHORD_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::chord::check_failed(#condition, __FILE__, __LINE__))

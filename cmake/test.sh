#!/bin/bash
# Installs what is missing, builds, and runs every test: the release build with all of them, then the tests that need no
# real network again under the address and undefined-behaviour sanitizers. Exit 0 only if everything held.
# CTEST_JOBS and CHORD_BUILD_JOBS change how many run at once (default: the cores).
set -euo pipefail
cd "$(dirname "$0")/.."

began=$SECONDS
build_jobs=${CHORD_BUILD_JOBS:-$(nproc)}
jobs=${CTEST_JOBS:-$(nproc)}
summary=()

# step NAME COMMAND...: runs it and keeps a line for the summary; a failure is named and ends the script.
step() {
    local name=$1 from=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if ! "$@"; then
        printf '\ntest.sh: FAILED in: %s\n' "$name" >&2
        exit 1
    fi
    summary+=("$(printf '%-44s %5d s' "$name" $((SECONDS - from)))")
}

build() {
    cmake --preset "$1" >"build/$1.configure.log" || { cat "build/$1.configure.log"; return 1; }
    cmake --build --preset "$1" -j "$build_jobs" -- --quiet
}

run_tests() {
    local preset=$1
    shift
    ctest --preset "$preset" -j "$jobs" "$@" 2>&1 | tee "build/$preset.ctest.log"
}

check_format() {
    find node net storage tests -name '*.[ch]pp' -print0 | xargs -0 clang-format --dry-run -Werror
}

mkdir -p build
step "install what is missing" cmake/setup.sh
if clang-format --version 2>/dev/null | grep -q "version 14"; then
    step "clang-format" check_format
else
    summary+=("clang-format: skipped, version 14 is not installed (cmake/setup.sh tidy)")
fi
# Not the integration tests: sanitizers change the timing of real processes too much.
step "build sanitized (address, undefined)" build asan
step "tests, sanitized: style, unit, sim, fuzz" run_tests asan -L '^(style|unit|sim|fuzz)$'
if command -v clang++ >/dev/null; then
    step "build with clang" build clang
else
    summary+=("build with clang: skipped, it is not installed (cmake/setup.sh tidy)")
fi
step "build release" build release
step "tests, release: all" run_tests release

count() { sed -n 's/^100% tests passed, 0 tests failed out of \([0-9]*\)$/\1/p' "build/$1.ctest.log"; }
cases=$(build/release/bin/unit_tests --count | sed -n 's/.*filters: *//p')
printf '\n== summary\n'
printf '%s\n' "${summary[@]}"
printf '%-44s %5d s\n' "all" $((SECONDS - began))
printf '%d ctest entries in release (%d unit test cases), %d again with sanitizers\n' \
    "$(count release)" "$cases" "$(count asan)"
grep '(Skipped)' build/release.ctest.log || true
grep '^100% tests passed' build/release.ctest.log

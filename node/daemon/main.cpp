#include <cstddef>

#include "node/daemon/program.hpp"

int main(int argc, char** argv) {
    const auto count = static_cast<std::size_t>(argc > 0 ? argc - 1 : 0);
    return chord::daemon::run_program({argv + 1, count});
}

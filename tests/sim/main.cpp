// chord_sim: the simulator's command line.
#include "tests/sim/commands.hpp"

int main(int count, char** words) {
    return chord::sim::run_program(std::vector<std::string>(words + 1, words + count), stdout, stderr);
}

// Runs a fuzz target without libFuzzer: every file of the corpus folder, then deterministic mutations of each. What the
// fuzz preset once found stays found on every machine and with every compiler.
//
// Usage: fuzz_<name> CORPUS_FOLDER [MUTATIONS_PER_FILE]
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "node/core/base/rng.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kMutationsDefault = 2000;
constexpr std::size_t kInputMax = 1 << 16;

void run(const std::string& input) {
    // An exact allocation, so that the address sanitizer sees the first byte read past the end.
    const std::vector<std::uint8_t> exact(input.begin(), input.end());
    const std::uint8_t nothing = 0;  // libFuzzer never passes a null pointer
    LLVMFuzzerTestOneInput(exact.empty() ? &nothing : exact.data(), exact.size());
}

/// One to four of: flip a bit, set a byte to a boundary value, cut the end, remove a range, double a range, insert.
std::string mutated(std::string input, chord::Rng& rng) {
    static constexpr unsigned char kBoundaries[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '\r', '\n', '-', '9'};
    for (std::uint64_t edits = 1 + rng.below(4); edits > 0; --edits) {
        if (input.empty()) {
            input.push_back(static_cast<char>(rng.below(256)));
            continue;
        }
        const std::size_t at = rng.below(input.size());
        const std::size_t length = 1 + rng.below(std::min<std::size_t>(input.size() - at, 32));
        switch (rng.below(6)) {
            case 0: input[at] = static_cast<char>(input[at] ^ (1 << rng.below(8))); break;
            case 1: input[at] = static_cast<char>(kBoundaries[rng.below(std::size(kBoundaries))]); break;
            case 2: input.resize(at); break;
            case 3: input.erase(at, length); break;
            case 4: input.insert(at, std::string(input, at, length)); break;
            default: input.insert(at, 1, static_cast<char>(rng.below(256))); break;
        }
    }
    input.resize(std::min(input.size(), kInputMax));
    return input;
}

}  // namespace

int main(int argc, char** argv) {
    int mutations = kMutationsDefault;
    if (argc < 2 || argc > 3 ||
        (argc == 3 && std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), mutations).ec != std::errc{})) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS_PER_FILE]\n", argv[0]);
        return 64;
    }
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator it(argv[1], error), end; !error && it != end; it.increment(error)) {
        if (it->is_regular_file(error)) {
            files.push_back(it->path());
        }
    }
    if (error || files.empty()) {
        std::fprintf(stderr, "%s: no corpus there: a replay of nothing proves nothing\n", argv[1]);
        return 1;
    }
    std::sort(files.begin(), files.end());

    run({});
    for (const auto& file : files) {
        std::ifstream stream(file, std::ios::binary);
        const std::string seed{std::istreambuf_iterator<char>(stream), {}};
        if (stream.bad() || !stream.is_open()) {
            std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
            return 1;
        }
        run(seed);
        chord::Rng rng(seed.size());
        for (int i = 0; i < mutations; ++i) {
            run(mutated(seed, rng));
        }
    }
    std::printf("%zu corpus files, %d mutations of each: no crash\n", files.size(), mutations);
    return 0;
}

#include "storage/lmdb_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace chord::storage {

namespace {

// The layout of LMDB 0.9's two meta pages (MDB_page and MDB_meta in its mdb.c); integers and pointers are the
// machine's own, so that files do not travel between word sizes.
constexpr std::size_t kWord = sizeof(std::size_t);
constexpr std::size_t kPageFlags = kWord + 2;
constexpr std::size_t kMeta = kWord + 8;
constexpr std::size_t kMagic = kMeta;
constexpr std::size_t kVersion = kMeta + 4;
constexpr std::size_t kPageSize = kMeta + 8 + 2 * kWord;
constexpr std::size_t kTree = 8 + 5 * kWord;
constexpr std::size_t kLastPage = kPageSize + 2 * kTree;
constexpr std::size_t kTransaction = kLastPage + kWord;
constexpr std::size_t kMetaEnd = kTransaction + kWord;

constexpr std::uint16_t kMetaFlag = 0x08;
constexpr std::uint32_t kLmdbMagic = 0xBEEFC0DE;
constexpr std::uint32_t kLmdbMagicSwapped = 0xDEC0EFBE;
constexpr std::uint32_t kLmdbVersion = 1;
constexpr std::uint32_t kPageSizeMin = 512;
constexpr std::uint32_t kPageSizeMax = 65536;

using MetaPage = std::array<char, kMetaEnd>;

template <typename Number>
Number native(const MetaPage& page, std::size_t offset) {
    Number number;
    std::memcpy(&number, page.data() + offset, sizeof number);
    return number;
}

/// False when the file ends before.
bool read_page(int file, std::uint64_t offset, MetaPage& page) {
    const auto count = ::pread(file, page.data(), page.size(), static_cast<off_t>(offset));
    return count == static_cast<ssize_t>(page.size());
}

/// What is wrong with a meta page; nullptr when nothing is.
const char* flaw(const MetaPage& page) {
    const std::size_t other_word_magic = kWord == 8 ? kMagic - 4 : kMagic + 4;
    if (native<std::uint32_t>(page, other_word_magic) == kLmdbMagic) {
        return "was written by a machine of another word size";
    }
    if (native<std::uint32_t>(page, kMagic) == kLmdbMagicSwapped) return "was written by a machine of other byte order";
    if (native<std::uint32_t>(page, kMagic) != kLmdbMagic) return "is not a database of chordd";
    if (native<std::uint32_t>(page, kVersion) != kLmdbVersion) return "is of an LMDB format that we cannot read";
    if ((native<std::uint16_t>(page, kPageFlags) & kMetaFlag) == 0) return "is not a database of chordd";
    const auto page_size = native<std::uint32_t>(page, kPageSize);
    const bool power_of_two = page_size != 0 && (page_size & (page_size - 1)) == 0;
    if (!power_of_two || page_size < kPageSizeMin || page_size > kPageSizeMax) return "has a damaged head";
    return nullptr;
}

OpenFault not_ours(const std::string& path, const char* flaw_text) {
    return {Error::foreign, path + " " + flaw_text + "; move it away or choose another directory"};
}

std::variant<std::optional<LmdbFile>, OpenFault> inspect(int file, std::uint64_t size, const std::string& path) {
    MetaPage first;
    MetaPage second;
    if (!read_page(file, 0, first)) return not_ours(path, "is too short for a database of chordd");
    if (const char* text = flaw(first)) return not_ours(path, text);
    const auto page_size = native<std::uint32_t>(first, kPageSize);
    if (!read_page(file, page_size, second)) return not_ours(path, "is too short for a database of chordd");
    if (const char* text = flaw(second)) return not_ours(path, text);
    if (native<std::uint32_t>(second, kPageSize) != page_size) return not_ours(path, "has a damaged head");

    const bool second_is_newer = native<std::size_t>(second, kTransaction) > native<std::size_t>(first, kTransaction);
    const std::uint64_t last_page = native<std::size_t>(second_is_newer ? second : first, kLastPage);
    // LMDB maps more than the file holds; touching a page behind its end would be a SIGBUS.
    if (last_page >= size / page_size) {
        return OpenFault{Error::corrupt, path + " is cut short: it has " + std::to_string(size) + " bytes, its head" +
                                             " tells of " + std::to_string(last_page) + " pages; restore it, or move" +
                                             " it away to start empty and let the ring fill it"};
    }
    return std::optional<LmdbFile>({page_size, last_page + 1});
}

}  // namespace

std::variant<std::optional<LmdbFile>, OpenFault> inspect_lmdb_file(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return std::optional<LmdbFile>();
        return system_fault("look at", path, errno, "give its directory to the user of chordd");
    }
    if (!S_ISREG(status.st_mode)) return not_ours(path, "is not a regular file");
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return system_fault("open", path, errno, "make it readable and writable for the user of chordd");
    const bool known = ::fstat(file, &status) == 0;
    auto result = inspect(file, known ? static_cast<std::uint64_t>(status.st_size) : 0, path);
    ::close(file);
    return result;
}

}  // namespace chord::storage

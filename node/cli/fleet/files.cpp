#include "node/cli/fleet/files.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/admission/armor.hpp"
#include "node/cli/text.hpp"
#include "node/host/file_descriptor.hpp"
#include "node/host/secret_file.hpp"

namespace chord::cli {
namespace {

constexpr std::size_t kFileBytesMax = 128 * 1024;  // more than twice the armour of the greatest thing carried

}  // namespace

Failure failure_from_fault(const Fault& fault) {
    const auto code = static_cast<ExitCode>(static_cast<int>(fault.exit));
    return {code == ExitCode::ok ? ExitCode::bad_config : code, printable(fault.sentence)};
}

WipedText::WipedText(WipedText&& other) noexcept : text_(other.text_) {
    other.wipe();
}

WipedText& WipedText::operator=(WipedText&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = other.text_;
        other.wipe();
    }
    return *this;
}

void WipedText::wipe() {
    sodium_memzero(text_.data(), text_.size());
    text_.clear();
}

Outcome<std::optional<std::string>> read_file(const std::string& what, const std::string& path) {
    const auto cannot = [&](const char* why) {
        return Failure{ExitCode::usage, "cannot read the " + what + " " + printable(path) + ": " + why};
    };
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) {
        if (errno == ENOENT) return std::optional<std::string>();
        return cannot(std::strerror(errno));
    }
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) return cannot(std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return cannot("it is not a regular file");
    std::string content(kFileBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(file.number(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot(std::strerror(errno));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > kFileBytesMax) return cannot("it is larger than 128 KiB, so it is not ours");
    content.resize(size);
    return std::optional<std::string>(std::move(content));
}

Outcome<std::string> read_word(Call& call, const std::string& what, const std::string& word) {
    if (word == "-") return call.console.read_value();
    Outcome<std::optional<std::string>> file = read_file(what, word);
    if (const auto* failure = std::get_if<Failure>(&file)) return *failure;
    auto& content = std::get<std::optional<std::string>>(file);
    if (!content) return Failure{ExitCode::usage, "there is no " + what + " " + printable(word)};
    return std::move(*content);
}

Outcome<std::vector<std::uint8_t>> from_armor(std::string_view label, std::string_view text,
                                              const std::string& source) {
    auto bytes = net::admission::unarmored(label, text);
    if (bytes) return std::move(*bytes);
    return Failure{ExitCode::usage,
                   source + " holds no \"-----BEGIN " + std::string(label) + "-----\", or what follows it is damaged"};
}

std::optional<Failure> write_own_file(const std::string& what, const std::string& path, std::string_view content) {
    const auto [directory, name] = split_path(path);
    if (auto fault = replace_secret_file(what, directory, name, content)) return failure_from_fault(*fault);
    return std::nullopt;
}

std::string source_name(const std::string& word) {
    return word == "-" ? "standard input" : printable(word);
}

std::pair<std::string, std::string> split_path(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::string as_text(net::admission::View bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace chord::cli

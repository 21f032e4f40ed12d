#include "node/api/failure.hpp"

#include <algorithm>

#include "node/api/argument.hpp"
#include "node/core/data/record.hpp"

namespace chord::api {
namespace {

std::string_view word(Error error) {
    switch (error) {
        case Error::timeout: return "TIMEOUT";
        case Error::no_quorum: return "NOQUORUM";
        case Error::busy:
        case Error::not_owner:
        case Error::overloaded:
        case Error::try_again: return "TRYAGAIN";
        case Error::too_big: return "TOOBIG";
        case Error::full: return "FULL";
        case Error::not_member:
        case Error::shutting_down: return "NOTJOINED";
        case Error::condition_failed:
        case Error::bad_message:
        case Error::io:
        case Error::corrupt:
        case Error::foreign:
        case Error::newer_schema:
        case Error::wrong_peer:
        case Error::already_in_use: return "ERR";
        case Error::not_admitted: return "NOTADMITTED";
    }
    return "ERR";
}

std::optional<std::string> too_big(std::string_view what, std::uint64_t size, std::size_t limit) {
    if (size <= limit) return std::nullopt;
    return "TOOBIG " + std::string(what) + " is " + std::to_string(size) + " bytes, limit " + std::to_string(limit);
}

}  // namespace

std::string failure_text(Error error) {
    return std::string(word(error)) + ' ' + std::string(text(error));
}

std::string failure_text(const std::vector<FailedKey>& failed, std::size_t keys) {
    constexpr std::size_t kNamedMax = 8;
    if (keys == 1) return failure_text(failed.front().error);
    std::string result = failure_text(failed.front().error);
    result += " for " + std::to_string(failed.size()) + " of " + std::to_string(keys) + " keys: ";
    for (std::size_t i = 0; i < std::min(failed.size(), kNamedMax); ++i) {
        if (i > 0) result += ", ";
        result += quoted(failed[i].key);
    }
    if (failed.size() > kNamedMax) result += ", ...";
    return result;
}

std::optional<std::string> key_too_big(std::uint64_t size) {
    return too_big("key", size, kKeyBytesMax);
}

std::optional<std::string> value_too_big(std::uint64_t size, std::size_t limit) {
    return too_big("value", size, limit);
}

}  // namespace chord::api

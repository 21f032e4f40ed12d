// From an Error of the node to the error reply of RESP. The first word of an error reply is stable: programs act on it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/core/base/bytes.hpp"
#include "node/core/base/result.hpp"

namespace chord::api {

/// "NOQUORUM too few of the key's holders answer …".
std::string failure_text(Error error);

/// One error for a command on several keys: names those that failed, a few of many.
struct FailedKey {
    Bytes key;
    Error error{};
};
std::string failure_text(const std::vector<FailedKey>& failed, std::size_t keys);

/// "TOOBIG key is 300 bytes, limit 256"; nullopt when the key or the value fits.
std::optional<std::string> key_too_big(std::uint64_t size);
std::optional<std::string> value_too_big(std::uint64_t size, std::size_t limit);

}  // namespace chord::api

#include "net/guard/amplification_limit.hpp"

#include <algorithm>

namespace chord::net {

void AmplificationLimit::received(const Endpoint& from, std::size_t size) {
    Credit& credit = credits_.find_or_make(bytes_of(from), [](const Credit& kept) { return kept.bytes; });
    const std::size_t grown = credit.bytes + kFactor * std::min<std::size_t>(size, kCreditMax);
    credit.bytes = static_cast<std::uint32_t>(std::min<std::size_t>(grown, kCreditMax));
}

bool AmplificationLimit::spend(const Endpoint& to, std::size_t size) {
    Credit* const credit = credits_.find(bytes_of(to));
    if (credit == nullptr || credit->bytes < size) return false;
    credit->bytes -= static_cast<std::uint32_t>(size);
    return true;
}

}  // namespace chord::net

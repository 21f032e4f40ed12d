#include "node/api/write_options.hpp"

#include <limits>

#include "node/api/argument.hpp"
#include "node/api/failure.hpp"

namespace chord::api {
namespace {

/// Far enough from the end of time that "now + lifetime" cannot overflow.
constexpr std::int64_t kLifetimeMax = std::numeric_limits<std::int64_t>::max() / 4;

}  // namespace

std::variant<Duration, Complaint> parse_lifetime(BytesView text, Duration unit, std::string_view name) {
    const auto amount = parse_integer(text);
    if (!amount) return Complaint{"ERR value is not an integer or out of range"};
    if (*amount <= 0 || *amount > kLifetimeMax / unit.count()) {
        return Complaint{"ERR invalid expire time in '" + std::string(name) + "' command"};
    }
    return *amount * unit;
}

std::variant<Write, Complaint> plain_write(Call& call, BytesView key, BytesView value) {
    if (const auto problem = key_too_big(key.size())) return Complaint{*problem};
    if (const auto problem = value_too_big(value.size(), call.context().value_bytes_max)) return Complaint{*problem};
    Write write;
    write.key = key;
    write.value = value;
    write.writer_uid = call.connection().caller.uid;
    return write;
}

std::variant<Write, Complaint> parse_write(Call& call) {
    const Complaint syntax{"ERR syntax error"};
    Condition condition = Condition::always;
    std::optional<BytesView> lifetime;
    Duration unit{};
    for (std::size_t i = 3; i < call.args.size(); ++i) {
        const BytesView option = call.args[i];
        const bool absent = equals_ignoring_case(option, "nx");
        const bool seconds = equals_ignoring_case(option, "ex");
        if (absent || equals_ignoring_case(option, "xx")) {
            const Condition asked = absent ? Condition::if_absent : Condition::if_present;
            if (condition != Condition::always && condition != asked) return syntax;
            condition = asked;
        } else if ((seconds || equals_ignoring_case(option, "px")) && !lifetime && i + 1 < call.args.size()) {
            lifetime = call.args[++i];
            unit = seconds ? Duration(std::chrono::seconds(1)) : Duration(std::chrono::milliseconds(1));
        } else {
            return syntax;
        }
    }
    auto made = plain_write(call, call.args[1], call.args[2]);
    auto* write = std::get_if<Write>(&made);
    if (write == nullptr) return made;
    write->condition = condition;
    if (lifetime) {
        auto parsed = parse_lifetime(*lifetime, unit, call.spec.name);
        if (auto* complaint = std::get_if<Complaint>(&parsed)) return std::move(*complaint);
        write->ttl = std::get<Duration>(parsed);
    }
    return made;
}

}  // namespace chord::api

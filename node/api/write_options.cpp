#include "node/api/write_options.hpp"

#include <limits>

#include "node/api/argument.hpp"
#include "node/api/failure.hpp"
#include "node/api/level_text.hpp"
#include "node/api/version_text.hpp"
#include "node/core/base/hash.hpp"

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

std::optional<Complaint> parse_options(Call& call, std::size_t first, Write& write) {
    const Complaint syntax{"ERR syntax error"};
    std::optional<BytesView> lifetime, version;
    Duration unit{};
    for (std::size_t i = first; i < call.args.size(); ++i) {
        const auto is = [&](std::string_view name) { return equals_ignoring_case(call.args[i], name); };
        const bool has_more = i + 1 < call.args.size();
        const bool seconds = is("ex");
        if (is("nx") || is("xx")) {
            const Condition asked = is("nx") ? Condition::if_absent : Condition::if_present;
            if (write.tombstone || (write.condition != Condition::always && write.condition != asked)) return syntax;
            write.condition = asked;
        } else if ((is("ifeq") || is("ifver")) && has_more && write.condition == Condition::always) {
            if (is("ifeq")) {
                write.condition = Condition::if_equal;
                write.expected_value = hash256({call.args[++i]});
                continue;
            }
            write.condition = Condition::if_version;
            version = call.args[++i];
        } else if ((seconds || is("px")) && has_more && !lifetime && !write.tombstone) {
            lifetime = call.args[++i];
            unit = seconds ? Duration(std::chrono::seconds(1)) : Duration(std::chrono::milliseconds(1));
        } else if (is("level") && has_more && write.level == Level::standard) {
            const auto level = parse_level(call.args[++i]);
            if (!level) return Complaint{std::string(kBadLevel)};
            write.level = *level;
        } else {
            return syntax;
        }
    }
    if (version) {
        const auto parsed = parse_version(*version);
        if (!parsed) return Complaint{"ERR a version is 16 hex digits, a dot, 16 hex digits; or 0 for none"};
        write.expected_version = *parsed;
    }
    if (lifetime) {
        auto parsed = parse_lifetime(*lifetime, unit, call.spec.name);
        if (auto* complaint = std::get_if<Complaint>(&parsed)) return std::move(*complaint);
        write.ttl = std::get<Duration>(parsed);
    }
    return std::nullopt;
}

std::variant<Write, Complaint> parse_write(Call& call) {
    auto made = plain_write(call, call.args[1], call.args[2]);
    if (auto* write = std::get_if<Write>(&made)) {
        if (auto complaint = parse_options(call, 3, *write)) return std::move(*complaint);
    }
    return made;
}

}  // namespace chord::api

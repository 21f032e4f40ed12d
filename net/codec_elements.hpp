// The elements that message bodies are made of, once for writing (Encoder) and once for reading (Decoder).
//
// Both classes have the same methods, so that the layout of a message is stated once, as a function template layout()
// that names its fields in order and works in both directions. `require` is a CHORD_CHECK when writing and
// bad_message when reading.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "net/codec.hpp"
#include "net/envelope.hpp"
#include "net/reader.hpp"

namespace chord::net {

/// T or const T: a field to be read into or written from.
template <typename Field, typename T>
concept Is = std::same_as<std::remove_const_t<Field>, T>;

/// Lifetimes travel as milliseconds; longer ones (8,900 years) are cut to this.
inline constexpr std::uint64_t kLifetimeMsMax = std::uint64_t{1} << 48;

class Encoder {
public:
    explicit Encoder(const Departure& departure) : departure_(departure) { bytes_.reserve(kReserved); }

    void u8(std::uint8_t value) { bytes_.push_back(value); }
    void u16(std::uint16_t value) { number<2>(value); }
    void u32(std::uint32_t value) { number<4>(value); }
    void u64(std::uint64_t value) { number<8>(value); }
    void boolean(bool value) { u8(value ? 1 : 0); }
    void raw(std::span<const std::uint8_t> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    void id(const Id& id) { raw(id.bytes()); }
    void error(Error error) { u8(static_cast<std::uint8_t>(error)); }
    void route_source(RouteSource source) { u16(static_cast<std::uint16_t>(source)); }
    template <typename Choice>
    void choice(Choice choice, Choice) {
        u8(static_cast<std::uint8_t>(choice));
    }
    void address(const Endpoint& address);
    void key(const Bytes& key);
    void value(const Bytes& value);
    void remaining(Time expires);
    void lifetime(const std::optional<Duration>& ttl);

    template <typename T>
    void list(const std::vector<T>& items, std::size_t count_max) {
        CHORD_CHECK(items.size() <= count_max);
        u8(static_cast<std::uint8_t>(items.size()));
        for (const T& item : items) layout(*this, item);
    }

    template <typename T>
    void optional(const std::optional<T>& item) {
        boolean(item.has_value());
        if (item) layout(*this, *item);
    }

    void require(bool condition) { CHORD_CHECK(condition); }

    std::vector<std::uint8_t> finish() { return std::move(bytes_); }

private:
    static constexpr std::size_t kReserved = 256;  // most messages are shorter

    template <std::size_t kSize>
    void number(std::uint64_t value) {
        for (std::size_t i = kSize; i-- > 0;) u8(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void milliseconds(Duration duration);

    std::vector<std::uint8_t> bytes_;
    Departure departure_;
};

class Decoder {
public:
    Decoder(std::span<const std::uint8_t> body, const Arrival& arrival) : in_(body), arrival_(arrival) {}

    void u8(std::uint8_t& value) { value = in_.u8(); }
    void u16(std::uint16_t& value) { value = in_.u16(); }
    void u32(std::uint32_t& value) { value = in_.u32(); }
    void u64(std::uint64_t& value) { value = in_.u64(); }
    void boolean(bool& value);
    void raw(std::span<std::uint8_t> bytes);
    void id(Id& id);
    void error(Error& error) { error = error_from_wire(in_.u8()); }
    void route_source(RouteSource& source) { source = RouteSource{in_.u16()}; }
    /// One of the values up to `last`.
    template <typename Choice>
    void choice(Choice& choice, Choice last) {
        const std::uint8_t byte = in_.u8();
        require(byte <= static_cast<std::uint8_t>(last));
        if (!in_.failed()) choice = static_cast<Choice>(byte);
    }
    void address(Endpoint& address);
    void key(Bytes& key);
    void value(Bytes& value);
    void remaining(Time& expires);
    void lifetime(std::optional<Duration>& ttl);

    template <typename T>
    void list(std::vector<T>& items, std::size_t count_max) {
        const std::size_t count = in_.u8();
        require(count <= count_max);
        items.reserve(in_.failed() ? 0 : count);
        while (!in_.failed() && items.size() < count) layout(*this, items.emplace_back());
    }

    template <typename T>
    void optional(std::optional<T>& item) {
        bool present = false;
        boolean(present);
        if (present) layout(*this, item.emplace());
    }

    void require(bool condition) {
        if (!condition) in_.fail(Error::bad_message);
    }

    Status finish() const { return in_.finish(); }

private:
    void byte_string(Bytes& bytes, std::size_t size, std::size_t size_max);
    std::uint64_t milliseconds();

    Reader in_;
    Arrival arrival_;
};

void layout(auto& codec, Is<Endpoint> auto& address) {
    codec.address(address);
}

void layout(auto& codec, Is<Peer> auto& peer) {
    codec.id(peer.id);
    codec.address(peer.address);
}

void layout(auto& codec, Is<Version> auto& version) {
    codec.u64(version.clock);
    codec.u64(version.node);
    codec.require(version.clock <= kVersionClockMax);
}

void layout(auto& codec, Is<KeyState> auto& state) {
    layout(codec, state.version);
    codec.boolean(state.live);
}

void layout(auto& codec, Is<Record> auto& record) {
    layout(codec, record.version);
    layout(codec, record.base);
    codec.require(record.base <= record.version);
    codec.remaining(record.expires);
    codec.u32(record.writer_uid);
    codec.boolean(record.tombstone);
    codec.key(record.key);
    codec.value(record.value);
    codec.require(!record.tombstone || record.value.empty());
}

/// The byte that says which message follows; each alternative of Request and Response has a row `kTag<T> = n`.
template <typename Message>
inline constexpr std::uint8_t kTag = 0;

/// The body of one of several messages: its tag, then its fields.
template <typename... Messages>
std::vector<std::uint8_t> encode_body(const std::variant<Messages...>& message, const Departure& departure) {
    static_assert(((kTag<Messages> != 0) && ...), "a message without a tag");
    Encoder encoder(departure);
    std::visit(
        [&encoder](const auto& alternative) {
            encoder.u8(kTag<std::remove_cvref_t<decltype(alternative)>>);
            layout(encoder, alternative);
        },
        message);
    return encoder.finish();
}

template <typename... Messages>
Status decode_body(std::span<const std::uint8_t> body, const Arrival& arrival, std::variant<Messages...>& message) {
    Decoder decoder(body, arrival);
    std::uint8_t tag = 0;
    decoder.u8(tag);
    const auto try_as = [&]<typename Message>(std::type_identity<Message>) {
        if (tag != kTag<Message>) return false;
        layout(decoder, message.template emplace<Message>());
        return true;
    };
    const bool known = (try_as(std::type_identity<Messages>{}) || ...);
    decoder.require(known);
    return decoder.finish();
}

}  // namespace chord::net

#include "net/admission/fleet_message.hpp"

#include <algorithm>

#include "net/admission/bootstrap.hpp"
#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

constexpr std::size_t kRoom = 1 + 12 + kListSliceBytesMax;
constexpr std::size_t kRecordsMax = 2;

enum class RequestKind : std::uint8_t { hello = 1, list, network_keys, enrol, renew, certificate };
enum class ResponseKind : std::uint8_t { hello = 1, slice, network_keys, granted, refused };
enum class DeskKind : std::uint8_t { none, self, other };

void write_kind(Writer& writer, auto kind) {
    writer.u8(static_cast<std::uint8_t>(kind));
}

void write(Writer& writer, const Hello& hello) {
    writer.u32(hello.list);
    write_seconds(writer, hello.told);
    writer.u32(hello.network_key);
    write_kind(writer, hello.is_desk ? DeskKind::self : hello.desk ? DeskKind::other : DeskKind::none);
    if (hello.is_desk || !hello.desk) return;
    CHORD_CHECK(is_carried(hello.desk->address));
    writer.bytes(hello.desk->id.bytes());
    write_bootstrap(writer, {hello.desk->address});
}

Hello read_hello(Reader& reader) {
    Hello hello;
    hello.list = reader.u32();
    hello.told = read_seconds(reader);
    hello.network_key = reader.u32();
    const std::uint8_t desk = reader.u8();
    hello.is_desk = desk == static_cast<std::uint8_t>(DeskKind::self);
    if (desk > static_cast<std::uint8_t>(DeskKind::other)) reader.fail(Error::bad_message);
    if (desk != static_cast<std::uint8_t>(DeskKind::other)) return hello;
    const auto id = read_array<Id::kBytes>(reader);
    const Bootstrap address = read_bootstrap(reader);
    if (address.size() != 1) {
        reader.fail(Error::bad_message);
        return hello;
    }
    hello.desk = Peer{Id::from_bytes(id.data()), address.front()};
    return hello;
}

void write(Writer& writer, const ListSlice& slice) {
    CHORD_CHECK(slice.bytes.size() <= kListSliceBytesMax);
    writer.u32(slice.number);
    writer.u32(slice.total);
    writer.u32(slice.offset);
    writer.bytes(slice.bytes);
}

ListSlice read_slice(Reader& reader) {
    ListSlice slice{reader.u32(), reader.u32(), reader.u32(), {}};
    const View bytes = reader.rest();
    if (bytes.size() > kListSliceBytesMax) reader.fail(Error::bad_message);
    slice.bytes.assign(bytes.begin(), bytes.end());
    return slice;
}

NetworkKeys read_keys(Reader& reader) {
    NetworkKeys keys;
    const std::size_t count = reader.u8();
    if (count > kRecordsMax) reader.fail(Error::bad_message);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        const View record = reader.bytes(kNetworkKeyBytes);
        if (reader.failed()) break;
        keys.records.push_back(noise::Secret<kNetworkKeyBytes>::copy_of(record.first<kNetworkKeyBytes>()));
    }
    return keys;
}

std::vector<std::uint8_t> read_rest(Reader& reader, std::size_t bytes_max) {
    const View bytes = reader.rest();
    if (bytes.size() > bytes_max) reader.fail(Error::bad_message);
    return {bytes.begin(), bytes.end()};
}

struct WriteRequest {
    Writer& writer;
    void operator()(const Hello& hello) const {
        write_kind(writer, RequestKind::hello);
        write(writer, hello);
    }
    void operator()(const ListQuery& query) const {
        write_kind(writer, RequestKind::list);
        writer.u32(query.offset);
    }
    void operator()(const NetworkKeysQuery&) const { write_kind(writer, RequestKind::network_keys); }
    void operator()(const Enrol& enrol) const {
        write_kind(writer, RequestKind::enrol);
        writer.bytes(enrol.request);
    }
    void operator()(const Renew&) const { write_kind(writer, RequestKind::renew); }
    void operator()(const CertificateQuery&) const { write_kind(writer, RequestKind::certificate); }
};

struct WriteResponse {
    Writer& writer;
    void operator()(const Hello& hello) const {
        write_kind(writer, ResponseKind::hello);
        write(writer, hello);
    }
    void operator()(const ListSlice& slice) const {
        write_kind(writer, ResponseKind::slice);
        write(writer, slice);
    }
    void operator()(const NetworkKeys& keys) const {
        CHORD_CHECK(keys.records.size() <= kRecordsMax);
        write_kind(writer, ResponseKind::network_keys);
        writer.u8(static_cast<std::uint8_t>(keys.records.size()));
        for (const auto& record : keys.records) writer.bytes(record.bytes());
    }
    void operator()(const Granted& granted) const {
        write_kind(writer, ResponseKind::granted);
        writer.bytes(granted.certificate);
    }
    void operator()(const Refused& refused) const {
        write_kind(writer, ResponseKind::refused);
        writer.u8(static_cast<std::uint8_t>(refused.error));
    }
};

}  // namespace

std::vector<std::uint8_t> encode(const FleetRequest& request) {
    return encoded<kRoom>([&](Writer& writer) { std::visit(WriteRequest{writer}, request); });
}

std::vector<std::uint8_t> encode(const FleetResponse& response) {
    return encoded<kRoom>([&](Writer& writer) { std::visit(WriteResponse{writer}, response); });
}

Result<FleetRequest> parse_fleet_request(View bytes) {
    Reader reader(bytes);
    FleetRequest request;
    switch (static_cast<RequestKind>(reader.u8())) {
        case RequestKind::hello: request = read_hello(reader); break;
        case RequestKind::list: request = ListQuery{reader.u32()}; break;
        case RequestKind::network_keys: request = NetworkKeysQuery{}; break;
        case RequestKind::enrol: request = Enrol{read_rest(reader, kRequestBytesMax)}; break;
        case RequestKind::renew: request = Renew{}; break;
        case RequestKind::certificate: request = CertificateQuery{}; break;
        default: return Error::bad_message;
    }
    if (const Status end = reader.finish(); !end) return end.error();
    return request;
}

Result<FleetResponse> parse_fleet_response(View bytes) {
    Reader reader(bytes);
    FleetResponse response;
    switch (static_cast<ResponseKind>(reader.u8())) {
        case ResponseKind::hello: response = read_hello(reader); break;
        case ResponseKind::slice: response = read_slice(reader); break;
        case ResponseKind::network_keys: response = read_keys(reader); break;
        case ResponseKind::granted: response = Granted{read_rest(reader, kCertificateBytesMax)}; break;
        case ResponseKind::refused: response = Refused{error_from_wire(reader.u8())}; break;
        default: return Error::bad_message;
    }
    if (const Status end = reader.finish(); !end) return end.error();
    return response;
}

}  // namespace chord::net::admission

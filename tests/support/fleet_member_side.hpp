// A FleetMember with everything around it played by a test: its disk, its peers, its clock, its operator.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "net/admission/fleet_member.hpp"
#include "tests/support/fleet_parts.hpp"
#include "tests/support/test_identity.hpp"

namespace chord::testing {

using namespace net::admission;  // NOLINT: all of this is about it
namespace noise = net::noise;

inline const Device kOwn(1);
inline const Device kInviter(20);

inline NetworkKey network_key(std::uint32_t number) {
    return {number, noise::SecretKey::copy_of(rolled<32>(number))};
}

struct SavedFiles final : FleetSaves {
    Status save(FleetItem item, View bytes) override {
        if (broken) return Error::io;
        files[item].assign(bytes.begin(), bytes.end());
        ++saves[item];
        return Success{};
    }
    FleetFiles files;
    std::map<FleetItem, int> saves;
    bool broken = false;
};

struct Peers final : FleetPeers {
    struct Asked {
        CallId id{};
        Peer to;
        FleetRequest request;
    };
    void ask(CallId id, const Peer& to, View message) override {
        auto request = parse_fleet_request(message);
        REQUIRE(request.has_value());
        asked.push_back({id, to, *request});
    }
    std::vector<Peer> contacts() const override { return near; }
    std::vector<Peer> known() const override { return remembered; }
    void close(const Id& peer) override { closed.push_back(peer); }
    void expel(const Id& peer) override { expelled.push_back(peer); }
    void use_network_keys(std::span<const noise::SecretKey* const> keys, std::size_t begin_with) override {
        key_count = keys.size();
        begins_with = keys[begin_with]->clone();
    }

    template <typename Request>
    std::vector<Asked> take() {
        std::vector<Asked> taken;
        std::erase_if(asked, [&](const Asked& one) {
            const bool is = std::holds_alternative<Request>(one.request);
            if (is) taken.push_back(one);
            return is;
        });
        return taken;
    }

    std::vector<Asked> asked;
    std::vector<Peer> near;
    std::vector<Peer> remembered;
    std::vector<Id> closed;
    std::vector<Id> expelled;
    std::size_t key_count = 0;
    noise::SecretKey begins_with;
};

/// A member, its time and its fleet. The certificate is of the fleet key, for `lifetime`.
struct Member {
    explicit Member(std::uint32_t lifetime = kYear, const Device& own = kOwn) : own_seed(&own == &kInviter ? 20 : 1) {
        Certificate content = fleet.admit(own).content;
        content.lifetime = lifetime;
        disk.files[FleetItem::certificate] = encode(issue(content, fleet.key));
        disk.files[FleetItem::list] = fleet.signed_list();
        const auto record = sign_network_key(network_key(1), fleet.key);
        disk.files[FleetItem::network_keys].assign(record.bytes().begin(), record.bytes().end());
        open(own);
    }

    void open(const Device& own = kOwn) {
        auto opened = FleetMember::open({.fleet_key = fleet.key.public_key(), .built = kIssued, .seed = 3}, own.key,
                                        disk.files, disk, now);
        REQUIRE(opened.has_value());
        member = std::move(*opened);
        member->attach(peers);
        at(now);
    }

    void at(Time time) {
        now = time;
        member->begin_turn(
            now, {wall + static_cast<Seconds>(std::chrono::duration_cast<std::chrono::seconds>(now - kStart).count()),
                  synchronised});
        while (member->next_deadline() <= now) member->tick();
    }
    void pass(Duration time) {
        for (const Time end = now + time; now < end;) at(std::min(end, std::max(now, member->next_deadline())));
    }

    /// The device shakes hands with the member.
    Peer let_in(const SignedCertificate& certificate, const Device& device) {
        const auto id = credentials().judge(shown_form(certificate, 0), device.static_key.public_key());
        REQUIRE(id.has_value());
        return {*id, {}};
    }
    Peer let_in(const Device& device) { return let_in(fleet.admit(device), device); }
    net::Credentials& credentials() {
        held = member->identity(key_pair(own_seed), 1, test_dice(1)).credentials;
        return *held;
    }

    FleetResponse ask(const Peer& from, const FleetRequest& request) {
        auto response = parse_fleet_response(member->on_request(from, encode(request)));
        REQUIRE(response.has_value());
        return std::move(*response);
    }
    Error refusal(const Peer& from, const FleetRequest& request) {
        const FleetResponse response = ask(from, request);
        REQUIRE(std::holds_alternative<Refused>(response));
        return std::get<Refused>(response).error;
    }
    void answer(const Peers::Asked& asked, const FleetResponse& response) {
        member->on_answer(asked.id, asked.to, encode(response));
    }
    /// Plays a peer that has `list` until nothing more is asked of it.
    void serve_list(View list, std::uint32_t number) {
        for (auto asked = peers.take<ListQuery>(); !asked.empty(); asked = peers.take<ListQuery>()) {
            for (const auto& one : asked) {
                const std::uint32_t offset = std::get<ListQuery>(one.request).offset;
                ListSlice slice{number, static_cast<std::uint32_t>(list.size()), offset, {}};
                const View rest = list.subspan(std::min<std::size_t>(offset, list.size()));
                const View part = rest.first(std::min(rest.size(), kListSliceBytesMax));
                slice.bytes.assign(part.begin(), part.end());
                answer(one, slice);
            }
        }
    }
    std::vector<std::uint8_t> next_list(std::initializer_list<VerifyKey> revoked) {
        for (const VerifyKey& key : revoked) {
            REQUIRE(fleet.list.revoke(Revocation::of_key(key, Reason::lost, kIssued)));
        }
        ++fleet.list.number;
        return fleet.signed_list();
    }

    static constexpr Time kStart{std::chrono::seconds(1000)};
    std::uint64_t own_seed;  // of its keys
    Seconds wall = kIssued + kDay;
    bool synchronised = true;  // the wall clock
    Time now = kStart;
    Fleet fleet;
    SavedFiles disk;
    Peers peers;
    std::shared_ptr<net::Credentials> held;
    std::unique_ptr<FleetMember> member;
};

}  // namespace chord::testing

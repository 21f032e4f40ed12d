// FakeFleet: a FleetPort that answers what the test puts into it and remembers what it was asked.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/api/fleet_port.hpp"
#include "tests/support/fleet_parts.hpp"

namespace chord::testing {

class FakeFleet final : public api::FleetPort {
public:
    using Admission = api::OrFleetFault<api::FleetAdmission>;
    using Number = api::OrFleetFault<std::uint32_t>;

    api::FleetPhase phase() const override { return shown.phase; }
    api::FleetView view() const override { return shown; }
    void certificates(bool all, Callback<std::vector<api::FleetDevice>> done) override {
        asked_all = all;
        done(devices);
    }
    void join(std::string_view text, Callback<api::FleetAdmission> done) override {
        given = text;
        if (hold) {
            held = std::move(done);
        } else {
            done(admission);
        }
    }
    api::OrFleetFault<std::string> request(std::string_view name, std::string_view tag) override {
        given = std::string(name) + '/' + std::string(tag);
        return request_text;
    }
    api::OrFleetFault<std::string> invite(const api::InviteWish& asked) override {
        wish = asked;
        return invite_text;
    }
    api::OrFleetFault<std::string> admit(std::string_view request, const api::AdmitWish& asked) override {
        given = request;
        admit_wish = asked;
        return admitted_file;
    }
    Bytes list() const override { return list_bytes; }
    Number set_list(BytesView list) override {
        given = list;
        return number;
    }
    Number set_network_key(BytesView record) override {
        given = record;
        return number;
    }
    void renew(Callback<api::FleetAdmission> done) override { done(admission); }

    api::FleetView shown;
    api::OrFleetFault<std::vector<api::FleetDevice>> devices = std::vector<api::FleetDevice>{};
    Admission admission = api::FleetFault{api::FleetFault::Kind::refused, "not set"};
    api::OrFleetFault<std::string> request_text = std::string("request");
    api::OrFleetFault<std::string> invite_text = std::string("chord1:farm:abc");
    api::OrFleetFault<std::string> admitted_file = std::string("file");
    Number number = std::uint32_t{7};
    Bytes list_bytes;
    bool hold = false;  // join() waits until the test calls `held`

    // What was asked last.
    std::optional<bool> asked_all;
    std::string given;
    api::InviteWish wish;
    api::AdmitWish admit_wish;
    Callback<api::FleetAdmission> held;
};

}  // namespace chord::testing

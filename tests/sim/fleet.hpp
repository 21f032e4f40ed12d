// FleetDevices: the devices of a simulated world as one fleet: an operator, and for each device its keys and what it
// keeps on disk of the fleet. What a device has saved outlives its engine, as on a real disk.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "net/admission/fleet_member.hpp"
#include "tests/sim/world.hpp"
#include "tests/support/fleet_parts.hpp"

namespace chord::sim {

namespace admission = net::admission;

struct FleetPlan {
    std::uint32_t lifetime = 60 * 86400;  // of certificates, unless lifetimes says otherwise
    std::map<std::size_t, std::uint32_t> lifetimes{};
    std::vector<std::size_t> desks{};  // device numbers whose keys the first list delegates
};

class FleetDevices final : public Identities {
public:
    static constexpr admission::Seconds kBegin = 1'767'225'600;  // World's wall clock at its time 0

    explicit FleetDevices(FleetPlan plan);

    Id id(std::size_t device) override;
    std::unique_ptr<Engine> engine(std::size_t device, std::uint64_t life, const EngineOptions& options, Store& store,
                                   std::uint64_t seed, Time now) override;

    const testing::Device& keys(std::size_t device);
    /// What the device has on disk; to be changed only while it is off.
    admission::FleetFiles& files(std::size_t device) { return disk_of(device).files; }
    /// Whether its kernel calls its clock synchronised; as of its next start.
    void set_synchronised(std::size_t device, bool synchronised) { disk_of(device).synchronised = synchronised; }

    /// The operator's next list, with these keys revoked besides.
    std::vector<std::uint8_t> next_list(const std::vector<std::size_t>& revoked);
    /// The record of the network key with this number.
    net::noise::Secret<admission::kNetworkKeyBytes> network_key(std::uint32_t number) const;

    const testing::Fleet& fleet() const { return fleet_; }

private:
    struct Disk final : admission::FleetSaves {
        explicit Disk(std::uint64_t seed) : keys(seed) {}
        Status save(admission::FleetItem item, admission::View bytes) override {
            files[item].assign(bytes.begin(), bytes.end());
            return Success{};
        }
        testing::Device keys;
        admission::FleetFiles files;
        bool synchronised = true;
    };

    Disk& disk_of(std::size_t device);

    FleetPlan plan_;
    testing::Fleet fleet_;
    std::vector<std::uint8_t> first_list_;
    std::map<std::size_t, std::unique_ptr<Disk>> disks_;
};

}  // namespace chord::sim

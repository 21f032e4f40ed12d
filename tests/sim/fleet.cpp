#include "tests/sim/fleet.hpp"

#include "tests/support/test_identity.hpp"

namespace chord::sim {

FleetDevices::FleetDevices(FleetPlan plan) : plan_(std::move(plan)), fleet_(5) {
    fleet_.list.issued = kBegin;
    for (const std::size_t desk : plan_.desks) {
        admission::Delegation delegation = fleet_.delegation(testing::Device(100 + desk));
        delegation.from = kBegin;
        delegation.until = kBegin + 366 * testing::kDay;
        const Status delegated = fleet_.list.delegate(delegation);
        CHORD_CHECK(delegated.has_value());
    }
    first_list_ = fleet_.signed_list();
}

FleetDevices::Disk& FleetDevices::disk_of(std::size_t device) {
    std::unique_ptr<Disk>& disk = disks_[device];
    if (disk) return *disk;
    disk = std::make_unique<Disk>(100 + device);
    admission::AdmissionTerms terms = fleet_.terms();
    terms.issued = kBegin;
    terms.name = "device-" + std::to_string(device);
    terms.nonce = testing::rolled<16>(device);
    terms.use = static_cast<std::uint32_t>(device);
    const auto lifetime = plan_.lifetimes.find(device);
    terms.lifetime = lifetime == plan_.lifetimes.end() ? plan_.lifetime : lifetime->second;
    const auto certificate = admission::admit(disk->keys.request(), terms, fleet_.key);
    CHORD_CHECK(certificate.has_value());
    const auto key = network_key(1);
    disk->files[admission::FleetItem::certificate] = encode(*certificate);
    disk->files[admission::FleetItem::list] = first_list_;
    disk->files[admission::FleetItem::network_keys].assign(key.bytes().begin(), key.bytes().end());
    return *disk;
}

Id FleetDevices::id(std::size_t device) {
    const auto certificate = admission::parse_certificate(files(device)[admission::FleetItem::certificate]);
    CHORD_CHECK(certificate.has_value());
    return certificate->content.position(0);
}

const testing::Device& FleetDevices::keys(std::size_t device) {
    return disk_of(device).keys;
}

std::unique_ptr<Engine> FleetDevices::engine(std::size_t device, std::uint64_t life, const EngineOptions& options,
                                             Store& store, std::uint64_t seed, Time now) {
    Disk& disk = disk_of(device);
    auto member = admission::FleetMember::open(
        {.fleet_key = fleet_.key.public_key(), .position = 0, .built = kBegin, .seed = seed}, disk.keys.key, disk.files,
        disk, now);
    CHORD_CHECK(member.has_value());
    net::LocalIdentity identity =
        (*member)->identity(testing::key_pair(100 + device), life << 32, test_dice(seed ^ life));
    auto engine = std::make_unique<Engine>(options, std::move(identity), store, seed, std::move(*member));
    engine->set_clock_synchronised(disk.synchronised);
    return engine;
}

std::vector<std::uint8_t> FleetDevices::next_list(const std::vector<std::size_t>& revoked) {
    for (const std::size_t device : revoked) {
        const auto& key = keys(device).key.public_key();
        const Status added =
            fleet_.list.revoke(admission::Revocation::of_key(key, admission::Reason::stolen, fleet_.list.issued));
        CHORD_CHECK(added.has_value());
    }
    ++fleet_.list.number;
    return fleet_.signed_list();
}

net::noise::Secret<admission::kNetworkKeyBytes> FleetDevices::network_key(std::uint32_t number) const {
    admission::NetworkKey key;
    key.number = number;
    key.key = net::noise::SecretKey::copy_of(testing::rolled<32>(5000 + number));
    return sign_network_key(key, fleet_.key);
}

}  // namespace chord::sim

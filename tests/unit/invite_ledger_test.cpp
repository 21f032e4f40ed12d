// Who counts the uses: never too many, wherever the process is killed, and never a device twice.
#include "net/admission/invite_ledger.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Fleet;

struct Disk {
    std::vector<std::uint8_t> bytes;
    bool broken = false;
    int writes = 0;

    InviteLedger open() {
        return *InviteLedger::open(bytes, [this](View saved) -> Status {
            if (broken) return Error::io;
            bytes.assign(saved.begin(), saved.end());
            ++writes;
            return Success{};
        });
    }
};

KeyId device(std::uint64_t number) {
    return testing::rolled<16>(number);
}

TEST_CASE("invite_ledger: uses are numbered from 1 and end at the bound") {
    Disk disk;
    InviteLedger ledger = disk.open();
    const InviteTerms terms = Fleet().invite_terms();
    CHECK_EQ(ledger.used(terms.number), 0);
    CHECK_EQ(*ledger.take(terms, device(1)), 1);
    CHECK_EQ(*ledger.take(terms, device(2)), 2);
    CHECK_EQ(ledger.take(terms, device(3)).error(), Error::overloaded);
    CHECK_EQ(ledger.used(terms.number), 2);
    InviteTerms other = terms;
    ++other.number;
    CHECK_EQ(*ledger.take(other, device(3)), 1);
}

TEST_CASE("invite_ledger: a device that asks again has its old use, also after a restart, and costs no write") {
    Disk disk;
    const InviteTerms terms = Fleet().invite_terms();
    REQUIRE(disk.open().take(terms, device(1)));
    REQUIRE(disk.open().take(terms, device(2)));
    InviteLedger ledger = disk.open();
    CHECK_EQ(*ledger.take(terms, device(1)), 1);
    CHECK_EQ(*ledger.take(terms, device(2)), 2);
    CHECK_EQ(disk.writes, 2);
    CHECK_EQ(ledger.take(terms, device(3)).error(), Error::overloaded);
}

TEST_CASE("invite_ledger: a use that is not on disk is not given out") {
    Disk disk;
    InviteLedger ledger = disk.open();
    const InviteTerms terms = Fleet().invite_terms();
    disk.broken = true;
    CHECK_EQ(ledger.take(terms, device(1)).error(), Error::io);
    CHECK_EQ(ledger.used(terms.number), 0);
    disk.broken = false;
    CHECK_EQ(*ledger.take(terms, device(2)), 1);
    disk.broken = true;
    CHECK_EQ(ledger.take(terms, device(3)).error(), Error::io);
    CHECK_EQ(ledger.used(terms.number), 1);
}

TEST_CASE("invite_ledger: what expired for good is forgotten, nothing else") {
    Disk disk;
    InviteLedger ledger = disk.open();
    const InviteTerms terms = Fleet().invite_terms();
    REQUIRE(ledger.take(terms, device(1)));
    ledger.forget_expired(terms.not_after + FleetTime::kSkew - 1);
    CHECK_EQ(ledger.used(terms.number), 1);
    ledger.forget_expired(terms.not_after + FleetTime::kSkew);
    CHECK_EQ(ledger.used(terms.number), 0);
}

TEST_CASE("invite_ledger: full, it admits nobody rather than forget somebody") {
    Disk disk;
    InviteLedger ledger = disk.open();
    InviteTerms terms = Fleet().invite_terms();
    for (std::uint32_t i = 1; i <= InviteLedger::kInvitesMax; ++i) {
        terms.number = i;
        REQUIRE(ledger.take(terms, device(1)));
    }
    ++terms.number;
    CHECK_EQ(ledger.take(terms, device(1)).error(), Error::overloaded);
    CHECK_EQ(disk.open().used(InviteLedger::kInvitesMax), 1);
}

TEST_CASE("invite_ledger: damaged bytes are refused") {
    Disk disk;
    REQUIRE(disk.open().take(Fleet().invite_terms(), device(1)));
    const auto save = [](View) -> Status { return Success{}; };
    for (std::size_t size = 1; size < disk.bytes.size(); ++size) {
        CHECK_EQ(InviteLedger::open(View(disk.bytes).first(size), save).error(), Error::corrupt);
    }
    std::vector<std::uint8_t> longer = disk.bytes;
    longer.push_back(0);
    CHECK_EQ(InviteLedger::open(longer, save).error(), Error::corrupt);
    longer = disk.bytes;
    longer[0] = 2;
    CHECK_EQ(InviteLedger::open(longer, save).error(), Error::corrupt);
}

}  // namespace
}  // namespace chord::net::admission

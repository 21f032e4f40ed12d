// The audit of first successors: what it counts, and our ring beside the published formula.
#include "tests/sim/successor_audit.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/message_world.hpp"

namespace chord::sim {
namespace {

TEST_CASE("successor_audit: in an ideal ring none is wrong; after a crash one is, and dead") {
    MessageWorld world(MessageWorldOptions{});
    world.place_ring(20);
    SuccessorAudit before(world);
    before.look();
    CHECK(before.statistics().seen == 20);
    CHECK(before.statistics().wrong == 0);
    CHECK(before.statistics().dead == 0);
    world.kill(7);
    SuccessorAudit after(world);
    after.look();
    CHECK(after.statistics().seen == 19);
    CHECK(after.statistics().wrong == 1);
    CHECK(after.statistics().dead == 1);
    CHECK(after.wrong_share() == doctest::Approx(1.0 / 19));
    world.run_until([&] { return world.ideal(); }, std::chrono::minutes(2));
    SuccessorAudit healed(world);
    healed.look();
    CHECK(healed.statistics().wrong == 0);
}

TEST_CASE("successor_audit: a newcomer that its predecessor has not heard of makes a wrong one that is alive") {
    MessageWorldOptions options;
    options.node.stabilize_period = options.node.stabilize_period_unsettled = std::chrono::hours(1);
    options.node.self_tuning = false;
    MessageWorld world(options);
    world.place_ring(20);
    world.add();
    SuccessorAudit audit(world);
    for (int looks = 0; looks < 2000 && audit.statistics().wrong == 0; ++looks) {
        world.run_for(std::chrono::milliseconds(1));
        audit.look();
    }
    CHECK(audit.statistics().wrong > 0);
    CHECK(audit.statistics().dead == 0);
}

TEST_CASE("successor_audit: a ring of one has no successor to be wrong") {
    MessageWorld world(MessageWorldOptions{});
    world.place_ring(1);
    SuccessorAudit audit(world);
    audit.look();
    CHECK(audit.statistics().seen == 0);
    CHECK(audit.wrong_share() == 0);
}

TEST_CASE("experiment: wrong first successors are as few as theory says of a ring that nudges") {
    Settings settings;
    settings.quick = true;
    const Figure figure = successors_experiment(settings);
    INFO("chord_sim experiment successors --seed 1 --quick\n" << text_of(figure));
    CHECK(std::all_of(figure.checks.begin(), figure.checks.end(), [](const Check& check) { return check.holds(); }));
    CHECK(std::any_of(figure.checks.begin(), figure.checks.end(), [](const Check& check) { return check.gated(); }));
}

}  // namespace
}  // namespace chord::sim

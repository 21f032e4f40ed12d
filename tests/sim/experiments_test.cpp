// The experiments at their small size, and the three shapes in which a figure is shown.
#include "tests/sim/experiments/experiment.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/sim/experiments/svg_plot.hpp"

namespace chord::sim {
namespace {

Figure measure(const std::string& name, Settings settings) {
    const auto found = std::find_if(experiments().begin(), experiments().end(),
                                    [&](const Experiment& experiment) { return name == experiment.name; });
    REQUIRE(found != experiments().end());
    settings.quick = true;
    const Figure figure = found->run(settings);
    CHECK(found->plots == !figure.plots.empty());
    return figure;
}

Figure quick(const std::string& name) {
    return measure(name, {});
}

bool has(const Plot& plot, Source source) {
    return std::any_of(plot.series.begin(), plot.series.end(), [&](const Series& s) { return s.source == source; });
}

// Each check of the figure holds; the table is printed if one does not.
Figure check_all(const std::string& name) {
    const Figure figure = quick(name);
    INFO("chord_sim experiment " << name << " --seed 1 --quick\n" << text_of(figure));
    CHECK(std::all_of(figure.checks.begin(), figure.checks.end(), [](const Check& check) { return check.holds(); }));
    CHECK(std::any_of(figure.checks.begin(), figure.checks.end(), [](const Check& check) { return check.gated(); }));
    CHECK(figure.complaints.empty());
    return figure;
}

TEST_CASE("experiment: the four ways to find a node cost what theory says") {
    check_all("lookup-options");
}

TEST_CASE("experiment: load spreads as the paper says") {
    check_all("load");
}

TEST_CASE("experiment: paths are as long as in the paper's rings") {
    check_all("path");
}

TEST_CASE("experiment: a lookup takes as much longer than the straight way as its hops say") {
    check_all("stretch");
}

TEST_CASE("experiment: no lookup fails when half of the nodes die") {
    const Figure figure = check_all("mass-failure");
    CHECK_FALSE(has(figure.plots[0], Source::published));  // of 1,000 nodes, and these are 300
    CHECK(figure.source.find("300 nodes (the paper: 1000)") != std::string::npos);
}

TEST_CASE("experiment: lookups under churn fail no more often than the paper's") {
    const Figure figure = check_all("churn");
    CHECK(std::none_of(figure.plots.begin(), figure.plots.end(),
                       [](const Plot& p) { return has(p, Source::published); }));
}

TEST_CASE("experiment: lookups fail no more often than in figure 12 of the first paper") {
    CHECK_FALSE(has(check_all("churn-sigcomm").plots[0], Source::published));
}

TEST_CASE("experiment: no more first successors are wrong than the bound allows, which the plot shows") {
    const Figure figure = check_all("successors");
    CHECK(std::any_of(figure.plots[0].series.begin(), figure.plots[0].series.end(), [](const Series& series) {
        return series.name.find("bound 1.2 x 1.1/(3 + rho)") != std::string::npos;
    }));
}

TEST_CASE("experiment: what holds because next to nothing was measured is a violation") {
    struct Little {
        const char* experiment;
        Sizes sizes;
        const char* what;
    };
    for (const Little& little : {
             Little{"mass-failure", {.nodes = 100, .seeds = 50, .lookups = 100}, "2 lookups a ring, at least 10"},
             Little{"successors", {.nodes = 20, .duration = std::chrono::minutes(5)}, "pointers that the bound allows"},
             Little{"detection", {.nodes = 8, .duration = std::chrono::minutes(1)}, "0.006 node-days at each loss"},
         }) {
        const Figure figure = measure(little.experiment, Settings{little.sizes});
        REQUIRE(!figure.complaints.empty());
        CHECK(figure.complaints.front().starts_with("too little was measured: "));
        CHECK(figure.complaints.front().find(little.what) != std::string::npos);
    }
}

TEST_CASE("experiment: a quiet ring of so many nodes is the only one that is measured") {
    const Figure figure = measure("idle", Settings{{.nodes = 8, .duration = std::chrono::minutes(10)}});
    REQUIRE(figure.checks.size() == 1);
    CHECK(figure.checks[0].what == "B/s a node, N = 8");
}

// Of the whole stacks a small ring must reach what does not depend on its size; goals of traffic that are not reached
// yet stand in the experiments themselves.
bool holds(const Figure& figure, const std::string& what) {
    for (const Check& check : figure.checks) {
        if (check.what == what) {
            return check.gated() && check.holds();
        }
    }
    return false;
}

TEST_CASE("experiment: two halves find each other at once and become one ring soon") {
    const Figure figure = quick("merge");
    INFO("chord_sim experiment merge --seed 1 --quick\n" << text_of(figure));
    CHECK(figure.source.ends_with("60 nodes (the goal: 1000), two halves apart for 10 min"));
    CHECK(figure.complaints.empty());
    CHECK(holds(figure, "healing to detection, s"));
    CHECK(holds(figure, "detection to ideal, stabilize periods"));
}

TEST_CASE("experiment: lookups are right while nodes stay for two minutes") {
    const Figure figure = quick("bamboo");
    INFO("chord_sim experiment bamboo --seed 1 --quick\n" << text_of(figure));
    CHECK(figure.complaints.empty());
    CHECK(holds(figure, "share of lookups right, median 1.4 min"));
}

TEST_CASE("experiment: crashes are noticed in time, and loss alone evicts nobody") {
    const Figure figure = quick("detection");
    INFO("chord_sim experiment detection --seed 1 --quick\n" << text_of(figure));
    CHECK(figure.complaints.empty());
    CHECK(holds(figure, "crash to eviction, median s"));
    CHECK(holds(figure, "crash to eviction, p99 s"));
    CHECK(holds(figure, "false evictions a node and day, loss 5 %"));
}

TEST_CASE("experiment: after a false alarm the ring is as before") {
    const Figure figure = quick("false-alarm");
    INFO("chord_sim experiment false-alarm --seed 1 --quick\n" << text_of(figure));
    CHECK(figure.complaints.empty());
}

TEST_CASE("figure: a check outside its bounds does not hold, and says so in text and JSON") {
    Figure figure;
    figure.checks = {within("inside", 1.0, 1.1, 0.2), within_share("outside", 2.0, 1.0, 0.5), at_most("above", 3, 2),
                     reported("only told", 7, 8)};
    CHECK(figure.checks[0].holds());
    CHECK_FALSE(figure.checks[1].holds());
    CHECK_FALSE(figure.checks[2].holds());
    CHECK(figure.checks[3].holds());
    CHECK(text_of(figure).find("OUTSIDE") != std::string::npos);
    CHECK(json_of(figure).find("{\"what\":\"above\",\"ours\":3,\"published\":null,\"low\":null,\"high\":2,"
                               "\"holds\":false}") != std::string::npos);
    CHECK_FALSE(within("not a number", std::nan(""), 1, 1).holds());
}

TEST_CASE("figure: numbers as people write them") {
    CHECK(shown(0) == "0");
    CHECK(shown(3.8400) == "3.84");
    CHECK(shown(1234.6) == "1235");
    CHECK(shown(0.0001) == "0.0001");
    CHECK(shown(-2.5) == "-2.5");
}

TEST_CASE("figure: the plot holds every series, published ones hollow with their band, and escapes text") {
    Figure figure;
    figure.title = "a < b & c";
    figure.plots = {{"p",
                     {"x", Scale::log2},
                     {"y", Scale::linear},
                     {{"ours", Source::measured, {{1, 2, {}, {}}, {16, 3, {}, {}}}, {}},
                      {"theirs",
                       Source::published,
                       {{1, 2, 1.5, 2.5}, {4, 3, 2.5, 3.5}, {8, 3, 2.5, 3.5}, {16, 4, 3.5, 4.5}},
                       {}}}}};
    const std::string svg = svg_of(figure);
    CHECK(svg.find("<svg ") == 0);
    CHECK(svg.find("a &lt; b &amp; c") != std::string::npos);
    CHECK(svg.find("hollow") != std::string::npos);
    CHECK(svg.find("class=\"c1 band\"") != std::string::npos);
    figure.plots[0].series[1].points.resize(2);  // two points have bars: nothing was published between them
    CHECK(svg_of(figure).find("class=\"c1 band\"") == std::string::npos);
    CHECK(svg_of(figure).find("class=\"c1 bar\"") != std::string::npos);
    CHECK(svg.find(">16</text>") != std::string::npos);
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("</svg>\n") == svg.size() - 7);
}

TEST_CASE("figure: the subtitle is broken into lines that the page holds") {
    Figure figure;
    figure.plots.resize(1);
    for (int i = 0; i < 40; ++i) {
        figure.source += (i > 0 ? " " : "") + std::string("word");
    }
    const std::string svg = svg_of(figure);
    std::string whole;
    for (std::size_t at = svg.find("class=\"sub\">"); at != std::string::npos; at = svg.find("class=\"sub\">", at)) {
        at = svg.find('>', at) + 1;
        const std::string line = svg.substr(at, svg.find('<', at) - at);
        CHECK(line.size() <= 81);  // 520 pixels at 6.4 a letter
        whole += (whole.empty() ? "" : " ") + line;
    }
    CHECK(whole == figure.source);
}

}  // namespace
}  // namespace chord::sim

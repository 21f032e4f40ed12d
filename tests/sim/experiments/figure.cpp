#include "tests/sim/experiments/figure.hpp"

namespace chord::sim {

Check within(std::string what, double ours, double published, double tolerance) {
    return Check{std::move(what), ours, published, published - tolerance, published + tolerance};
}

Check within_share(std::string what, double ours, double published, double share) {
    return within(std::move(what), ours, published, share * published);
}

Check at_most(std::string what, double ours, double high, std::optional<double> published) {
    return Check{std::move(what), ours, published, -Check::kNone, high};
}

Check reported(std::string what, double ours, std::optional<double> published) {
    return Check{std::move(what), ours, published, -Check::kNone, Check::kNone};
}

}  // namespace chord::sim

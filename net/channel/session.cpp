#include "net/channel/session.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

void Session::seal(std::span<std::uint8_t> frame) {
    CHORD_CHECK(frame.size() >= kDataOverheadBytes && frame.size() <= kDatagramBytesMax);
    const std::uint64_t counter = next_counter_++;
    const auto head = encode(FrameHead{FrameKind::data, theirs_, counter});
    std::ranges::copy(head, frame.begin());
    const Status sealed = ciphers_.send.encrypt(counter, head, frame.subspan(kFrameHeadBytes));
    CHORD_CHECK(sealed.has_value());
}

Result<Session::Opened> Session::open(const FrameHead& head, std::span<std::uint8_t> frame) {
    if (window_.judge(head.number) == ReplayWindow::Arrival::refused) return Error::already_in_use;
    const auto plaintext =
        ciphers_.receive.decrypt(head.number, frame.first(kFrameHeadBytes), frame.subspan(kFrameHeadBytes));
    if (!plaintext) return Error::bad_message;
    const ReplayWindow::Arrival arrival = window_.accept(head.number);
    CHORD_CHECK(arrival != ReplayWindow::Arrival::refused);
    greatest_received_ = std::max(greatest_received_, head.number);
    finish_.clear();
    finish_.shrink_to_fit();
    return Opened{*plaintext, arrival == ReplayWindow::Arrival::newest};
}

}  // namespace chord::net

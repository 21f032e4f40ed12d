#include "net/admission/list_exchange.hpp"

#include <algorithm>

namespace chord::net::admission {

Result<bool> ListKeeper::offer(View bytes, Seconds latest) {
    Result<FleetList> offered = read_list(bytes, fleet_key_);
    if (!offered) return offered.error();
    if (offered->number <= list_.number) return false;
    if (offered->issued > latest) return Error::condition_failed;
    list_ = std::move(*offered);
    bytes_.assign(bytes.begin(), bytes.end());
    return true;
}

ListSlice ListKeeper::slice(std::uint32_t offset) const {
    ListSlice slice{list_.number, static_cast<std::uint32_t>(bytes_.size()), offset, {}};
    if (offset >= bytes_.size()) return slice;
    const View rest = View(bytes_).subspan(offset);
    const View part = rest.first(std::min(rest.size(), kListSliceBytesMax));
    slice.bytes.assign(part.begin(), part.end());
    return slice;
}

Result<bool> ListFetch::take(const ListSlice& slice) {
    if (slice.offset == 0) {
        number_ = slice.number;
        total_ = slice.total;
        bytes_.clear();
    }
    if (slice.number != number_ || slice.total != total_ || slice.offset != bytes_.size()) return Error::bad_message;
    if (slice.bytes.empty() || slice.bytes.size() > kListSliceBytesMax || total_ > kFleetListBytesMax) {
        return Error::bad_message;
    }
    if (slice.bytes.size() > total_ - bytes_.size()) return Error::bad_message;
    bytes_.insert(bytes_.end(), slice.bytes.begin(), slice.bytes.end());
    return bytes_.size() == total_;
}

}  // namespace chord::net::admission

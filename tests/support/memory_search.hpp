// Storage: an object in memory of its own that a test can search for bytes, also when the object is gone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace chord::testing {

template <typename T>
class Storage {
public:
    explicit Storage(T object) { std::construct_at(place(), std::move(object)); }
    ~Storage() { destroy(); }
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    T& operator*() { return *place(); }
    T* operator->() { return place(); }

    void destroy() {
        if (alive_) std::destroy_at(place());
        alive_ = false;
    }

    bool contains(std::span<const std::uint8_t> bytes) const {
        const std::vector<std::uint8_t> seen = look();
        return std::search(seen.begin(), seen.end(), bytes.begin(), bytes.end()) != seen.end();
    }
    bool is_zero() const {
        const std::vector<std::uint8_t> seen = look();
        return std::all_of(seen.begin(), seen.end(), [](std::uint8_t byte) { return byte == 0; });
    }

private:
    T* place() { return reinterpret_cast<T*>(bytes_); }

    /// Through a volatile pointer: the compiler may believe that a destroyed object's memory is not worth reading.
    std::vector<std::uint8_t> look() const {
        const volatile unsigned char* bytes = bytes_;
        std::vector<std::uint8_t> seen(sizeof(T));
        for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = bytes[i];
        return seen;
    }

    alignas(T) unsigned char bytes_[sizeof(T)] = {};
    bool alive_ = true;
};

}  // namespace chord::testing

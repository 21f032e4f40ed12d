// FileDescriptor: closes what it holds. For the few files and sockets that Asio does not own.
#pragma once

#include <unistd.h>

#include <utility>

namespace chord {

class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~FileDescriptor() {
        if (number_ >= 0) ::close(number_);
    }

    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

    /// Hands the number over; the caller closes it.
    int release() { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

}  // namespace chord

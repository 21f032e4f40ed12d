// The reader of the files of test vectors: the part of JSON that is made of objects, arrays and strings without
// escapes.
//
// It is for files that the project knows, not for input: whatever else it meets is an std::runtime_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace chord::testing {

struct VectorNode {
    std::string text;                // of a string
    std::vector<std::string> names;  // of an object: one for each of `items`
    std::vector<VectorNode> items;   // of an object or array

    const VectorNode* find(std::string_view name) const {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] == name) return &items[i];
        }
        return nullptr;
    }
    const VectorNode& operator[](std::string_view name) const {
        if (const VectorNode* found = find(name)) return *found;
        throw std::runtime_error("no field " + std::string(name));
    }

    /// The bytes that the string's hex digits stand for.
    std::vector<std::uint8_t> bytes() const {
        if (text.size() % 2 != 0) throw std::runtime_error("an odd number of hex digits");
        std::vector<std::uint8_t> made;
        for (std::size_t i = 0; i < text.size(); i += 2) {
            std::size_t used = 0;
            made.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), &used, 16)));
            if (used != 2) throw std::runtime_error("not a hex digit: " + text.substr(i, 2));
        }
        return made;
    }
};

class VectorFileReader {
public:
    explicit VectorFileReader(std::string_view text) : rest_(text) {}

    VectorNode read() {
        VectorNode node;
        if (next() == '"') {
            node.text = string();
        } else if (take('[')) {
            while (next() != ']') {
                node.items.push_back(read());
                if (next() != ']') expect(',');
            }
            expect(']');
        } else {
            expect('{');
            while (next() != '}') {
                node.names.push_back(string());
                expect(':');
                node.items.push_back(read());
                if (next() != '}') expect(',');
            }
            expect('}');
        }
        return node;
    }

private:
    char next() {
        while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) {
            rest_.remove_prefix(1);
        }
        if (rest_.empty()) throw std::runtime_error("the file ends too early");
        return rest_.front();
    }
    bool take(char c) {
        if (next() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c))
            throw std::runtime_error(std::string("expected ") + c + " before " + std::string(rest_.substr(0, 20)));
    }
    std::string string() {
        expect('"');
        const std::size_t end = rest_.find('"');
        if (end == std::string_view::npos) throw std::runtime_error("a string without an end");
        std::string text(rest_.substr(0, end));
        if (text.find('\\') != std::string::npos) throw std::runtime_error("an escape in " + text);
        rest_.remove_prefix(end + 1);
        return text;
    }

    std::string_view rest_;
};

}  // namespace chord::testing

// Bytes: binary-safe byte strings. std::string because keys and short values then live without an allocation, and
// because the RESP and LMDB edges speak in such ranges anyway.
#pragma once

#include <string>
#include <string_view>

namespace chord {

using Bytes = std::string;
using BytesView = std::string_view;

}  // namespace chord

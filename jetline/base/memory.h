// Memory for weights.
#pragma once

#include <cstddef>

namespace jetline {

// Uninitialised memory that std::free() gives back; null when there is none. From 2 MiB on it is asked for in
// huge pages, because with small ones the page faults of fresh memory cost as much as writing it.
// Thread-safe.
void* allocate_large(size_t bytes);

}  // namespace jetline

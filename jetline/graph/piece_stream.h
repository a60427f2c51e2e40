// Writing a file out of pieces that are there and pieces that are computed on the way.
#pragma once

#include <vector>

#include "jetline/base/files.h"
#include "jetline/graph/deferred.h"

namespace jetline {

struct StreamPiece {
  ByteView bytes;                        // these, or
  const DeferredBytes* later = nullptr;  // where not null: its bytes
};

// Appends the pieces in their order. Deferred ones are computed a few hundred kilobytes at a time, by threads
// of its own ahead of the writing one, which helps where it would wait; the memory for that does not grow
// with the pieces. The first error ends it.
Status append_pieces(AtomicFile& file, const std::vector<StreamPiece>& pieces);

}  // namespace jetline

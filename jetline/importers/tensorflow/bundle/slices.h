// Partitioned variables: one tensor stored in boxes, each under a key that TensorFlow's OrderedCode makes
// from the name and the box (tensorflow/core/util/saved_tensor_slice_util.cc,
// core/lib/strings/ordered_code.cc). Threads: plain functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/span.h"

namespace jetline::tf {

// One box; a length of -1 is the whole dimension.
struct Slice {
  std::vector<int64_t> starts, lengths;
};

std::string slice_key(std::string_view name, const Slice& slice);
// Copies the box `data` (packed, `width` bytes an element) to its place in a tensor of `dims`. Starts and
// lengths must lie inside dims and have no -1.
void place_slice(ByteView data, const Slice& slice, const std::vector<int64_t>& dims, size_t width,
                 std::vector<uint8_t>& out);
// The other way round: the box out of a tensor.
std::vector<uint8_t> take_slice(ByteView all, const Slice& slice, const std::vector<int64_t>& dims,
                                size_t width);
// RestoreV2's "3 4 0,2:-": the shape of the whole, then start,length or - (all) a dimension. False when it is
// broken or does not fit `dims`; lengths come out as numbers.
bool parse_slice(std::string_view text, const std::vector<int64_t>& dims, Slice& out);
bool slices_overlap(const Slice& a, const Slice& b);

}  // namespace jetline::tf

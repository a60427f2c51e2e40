#include "jetline/importers/tensorflow/bundle/slices.h"

#include <cstring>

namespace jetline::tf {
namespace {

// A length byte, then that many bytes, big end first.
void slice_put_number(uint64_t v, std::string& out) {
  char buffer[8];
  int n = 0;
  for (; v > 0; v >>= 8) buffer[7 - n++] = static_cast<char>(v & 255);
  out.push_back(static_cast<char>(n));
  out.append(buffer + 8 - n, static_cast<size_t>(n));
}

// As many leading ones as bytes, then a zero, then the number in two's complement, big end first: sorts as
// the numbers do. n bytes hold 7n - 1 bits.
void slice_put_signed(int64_t v, std::string& out) {
  const uint64_t magnitude = v < 0 ? ~static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
  int n = 1;
  while (n < 10 && (7 * n - 1 < 64) && magnitude >> (7 * n - 1) != 0) ++n;
  uint8_t bytes[10];
  for (int i = 0; i < 10; ++i) {
    bytes[9 - i] = i < 8 ? static_cast<uint8_t>(static_cast<uint64_t>(v) >> (8 * i))
                         : static_cast<uint8_t>(v < 0 ? 255 : 0);
  }
  uint8_t* begin = bytes + 10 - n;
  // The header: n ones from the top; it spills into the second byte for n over 8.
  const uint32_t header = (0xffffu << (16 - n)) & 0xffffu;
  begin[0] = static_cast<uint8_t>(begin[0] ^ header >> 8);
  if (n > 1) begin[1] = static_cast<uint8_t>(begin[1] ^ (header & 255));
  out.append(reinterpret_cast<const char*>(begin), static_cast<size_t>(n));
}

void slice_put_text(std::string_view text, std::string& out) {
  for (char c : text) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xff');
    if (c == '\xff') out.push_back('\0');
  }
  out.push_back('\0');
  out.push_back('\1');
}

}  // namespace

std::string slice_key(std::string_view name, const Slice& slice) {
  std::string out;
  slice_put_number(0, out);
  slice_put_text(name, out);
  slice_put_number(slice.starts.size(), out);
  for (size_t d = 0; d < slice.starts.size(); ++d) {
    slice_put_signed(slice.starts[d], out);
    slice_put_signed(slice.lengths[d], out);
  }
  return out;
}

void place_slice(ByteView data, const Slice& slice, const std::vector<int64_t>& dims, size_t width,
                 std::vector<uint8_t>& out) {
  const size_t rank = dims.size();
  if (data.empty()) return;
  // Trailing dimensions that are taken whole make longer runs.
  size_t run = width, outer = rank;
  while (outer > 0) {
    --outer;
    run *= static_cast<size_t>(slice.lengths[outer]);
    if (slice.lengths[outer] != dims[outer]) break;
  }
  std::vector<size_t> strides(rank, width);
  for (size_t d = rank; d-- > 1;) strides[d - 1] = strides[d] * static_cast<size_t>(dims[d]);
  std::vector<int64_t> at(outer, 0);
  for (size_t from = 0; from < data.size(); from += run) {
    size_t to = 0;
    for (size_t d = 0; d < rank; ++d) {
      to += strides[d] * static_cast<size_t>(slice.starts[d] + (d < outer ? at[d] : 0));
    }
    std::memcpy(out.data() + to, data.data() + from, run);
    for (size_t d = outer; d-- > 0;) {
      if (++at[d] < slice.lengths[d]) break;
      at[d] = 0;
    }
  }
}

bool slices_overlap(const Slice& a, const Slice& b) {
  for (size_t d = 0; d < a.starts.size(); ++d) {
    if (a.starts[d] + a.lengths[d] <= b.starts[d] || b.starts[d] + b.lengths[d] <= a.starts[d]) return false;
  }
  return true;
}

}  // namespace jetline::tf

#include "jetline/importers/tensorflow/bundle/slices.h"

#include <cstring>

#include "jetline/base/strings.h"

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

// Calls fn(offset in the box, offset in the whole, bytes) for each run of bytes that lie together in both.
template <typename Fn>
void slice_each_run(size_t size, const Slice& slice, const std::vector<int64_t>& dims, size_t width,
                    const Fn& fn) {
  const size_t rank = dims.size();
  if (size == 0) return;
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
  for (size_t from = 0; from < size; from += run) {
    size_t to = 0;
    for (size_t d = 0; d < rank; ++d) {
      to += strides[d] * static_cast<size_t>(slice.starts[d] + (d < outer ? at[d] : 0));
    }
    fn(from, to, run);
    for (size_t d = outer; d-- > 0;) {
      if (++at[d] < slice.lengths[d]) break;
      at[d] = 0;
    }
  }
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

bool parse_slice(std::string_view text, const std::vector<int64_t>& dims, Slice& out) {
  const std::vector<std::string> words = split(text, ' ');
  if (words.size() != dims.size() + 1) return false;
  for (size_t d = 0; d < dims.size(); ++d) {
    int64_t n = 0;
    if (!parse_int(words[d], n) || n != dims[d]) return false;
  }
  const std::vector<std::string> parts = dims.empty() ? std::vector<std::string>() : split(words.back(), ':');
  if (parts.size() != dims.size()) return false;
  out = Slice();
  for (size_t d = 0; d < dims.size(); ++d) {
    int64_t start = 0, length = dims[d];
    if (parts[d] != "-") {
      const std::vector<std::string> numbers = split(parts[d], ',');
      if (numbers.size() != 2 || !parse_int(numbers[0], start) || !parse_int(numbers[1], length))
        return false;
    }
    if (start < 0 || length < 0 || start > dims[d] || length > dims[d] - start) return false;
    out.starts.push_back(start);
    out.lengths.push_back(length);
  }
  return true;
}

void place_slice(ByteView data, const Slice& slice, const std::vector<int64_t>& dims, size_t width,
                 std::vector<uint8_t>& out) {
  slice_each_run(data.size(), slice, dims, width, [&](size_t in_slice, size_t in_whole, size_t run) {
    std::memcpy(out.data() + in_whole, data.data() + in_slice, run);
  });
}

std::vector<uint8_t> take_slice(ByteView all, const Slice& slice, const std::vector<int64_t>& dims,
                                size_t width) {
  size_t size = width;
  for (int64_t n : slice.lengths) size *= static_cast<size_t>(n);
  std::vector<uint8_t> out(size);
  slice_each_run(size, slice, dims, width, [&](size_t in_slice, size_t in_whole, size_t run) {
    std::memcpy(out.data() + in_slice, all.data() + in_whole, run);
  });
  return out;
}

bool slices_overlap(const Slice& a, const Slice& b) {
  for (size_t d = 0; d < a.starts.size(); ++d) {
    if (a.starts[d] + a.lengths[d] <= b.starts[d] || b.starts[d] + b.lengths[d] <= a.starts[d]) return false;
  }
  return true;
}

}  // namespace jetline::tf

#include "jetline/importers/tensorflow/bundle/strings.h"

#include <cstring>

#include "jetline/base/hash.h"
#include "jetline/importers/tensorflow/bundle/table.h"

namespace jetline::tf {
namespace {
constexpr int64_t kBundleMaxStrings = int64_t{1} << 24;

Status strings_broken(const char* what) {
  return Status::bad_input("tf.bundle-corrupt", what);
}
}  // namespace

Status read_bundle_strings(ByteView bytes, int64_t count, uint32_t crc, std::vector<std::string>& out) {
  // Each text needs a byte for its length.
  if (count > static_cast<int64_t>(bytes.size()) || count > kBundleMaxStrings) {
    return strings_broken("has more texts than bytes, or too many");
  }
  std::vector<uint64_t> lengths(static_cast<size_t>(count));
  size_t at = 0;
  uint32_t sum = 0;
  for (uint64_t& length : lengths) {
    length = 0;
    for (int shift = 0;; shift += 7) {
      if (at == bytes.size() || shift > 63) return strings_broken("has a broken length");
      const uint8_t byte = bytes[at++];
      length |= uint64_t{byte & 0x7fu} << shift;
      if (!(byte & 0x80)) break;
    }
    uint8_t number[8];
    std::memcpy(number, &length, 8);
    sum = crc32c(ByteView(number, length <= UINT32_MAX ? 4 : 8), sum);
  }
  uint32_t stored;
  if (bytes.size() - at < 4) return strings_broken("ends before its texts");
  std::memcpy(&stored, bytes.data() + at, 4);
  if (stored != masked_crc(sum)) return strings_broken("has lengths that do not fit their checksum");
  sum = crc32c(bytes.subspan(at, 4), sum);
  at += 4;
  if (masked_crc(crc32c(bytes.subspan(at), sum)) != crc) {
    return strings_broken("has texts that do not fit their checksum");
  }
  for (uint64_t length : lengths) {
    if (length > bytes.size() - at) return strings_broken("has a text past its end");
    out.emplace_back(reinterpret_cast<const char*>(bytes.data()) + at, static_cast<size_t>(length));
    at += static_cast<size_t>(length);
  }
  return at == bytes.size() ? Status() : strings_broken("has bytes after its texts");
}

}  // namespace jetline::tf

#include <snappy.h>

#include <cstring>

#include "jetline/base/hash.h"
#include "jetline/importers/tensorflow/bundle/table.h"

namespace jetline::tf {
namespace {

constexpr uint64_t kTableMagic = 0xdb4775248b80fb57ull;
constexpr size_t kTableFooter = 48, kTableTrailer = 5;  // of a block: type, CRC
constexpr uint64_t kTableMaxBytes = uint64_t{256} << 20;

Status table_corrupt(const std::string& what) {
  return Status::bad_input("tf.bundle-corrupt", "the index of the variables " + what,
                           "the file is damaged; copy or export the model again");
}

uint32_t table_u32(const uint8_t* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

// A varint at `at`, which moves on; false at the end of the bytes or after 10 bytes.
bool table_varint(ByteView bytes, size_t& at, uint64_t& out) {
  out = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at >= bytes.size()) return false;
    const uint8_t byte = bytes[at++];
    if (shift < 64) out |= uint64_t{byte & 0x7fu} << shift;
    if (!(byte & 0x80)) return true;
  }
  return false;
}

struct TableHandle {
  uint64_t offset = 0, size = 0;
};
bool table_handle(ByteView bytes, size_t& at, TableHandle& out) {
  return table_varint(bytes, at, out.offset) && table_varint(bytes, at, out.size);
}

class TableChecker {
 public:
  explicit TableChecker(ByteView file) : file_(file) {}

  Status run() {
    const size_t n = file_.size();
    if (n < kTableFooter) {
      return Status::bad_input("tf.bundle-truncated",
                               "the index of the variables has only " + std::to_string(n) + " bytes",
                               "the file is incomplete; copy or export the model again");
    }
    uint64_t magic;
    std::memcpy(&magic, file_.data() + n - 8, 8);
    if (magic != kTableMagic) {
      return table_corrupt("does not end as a table does: it is cut off, damaged or another file");
    }
    const ByteView footer = file_.subspan(n - kTableFooter, 40);
    size_t at = 0;
    TableHandle meta, index;
    if (!table_handle(footer, at, meta) || !table_handle(footer, at, index)) {
      return table_corrupt("has a broken footer");
    }
    std::string unpacked;
    ByteView block;
    JETLINE_RETURN_IF_ERROR(open(index, unpacked, block));
    return entries(block, true);
  }

 private:
  // The content of a block; unpacked when it is compressed.
  Status open(TableHandle h, std::string& unpacked, ByteView& out) {
    if (h.offset > file_.size() || h.size > file_.size() - h.offset ||
        file_.size() - h.offset - h.size < kTableTrailer) {
      return table_corrupt("has a block outside of the file");
    }
    const ByteView all = file_.subspan(h.offset, static_cast<size_t>(h.size) + kTableTrailer);
    const size_t n = static_cast<size_t>(h.size);
    if (masked_crc(crc32c(all.subspan(0, n + 1))) != table_u32(all.data() + n + 1)) {
      return table_corrupt("has a block with a wrong checksum at byte " + std::to_string(h.offset));
    }
    out = all.subspan(0, n);
    if (all[n] == 1) {
      size_t length = 0;
      const char* data = reinterpret_cast<const char*>(out.data());
      // Snappy's shortest copy gives 64 bytes for three; a larger length cannot be true.
      if (!snappy::GetUncompressedLength(data, n, &length) || length > uint64_t{n} * 64 + 64 ||
          length > kTableMaxBytes || !snappy::Uncompress(data, n, &unpacked)) {
        return table_corrupt("has a block that cannot be unpacked at byte " + std::to_string(h.offset));
      }
      out = ByteView(reinterpret_cast<const uint8_t*>(unpacked.data()), unpacked.size());
    } else if (all[n] != 0) {
      return table_corrupt("has a block packed in an unknown way");
    }
    return spend(out.size());
  }

  Status spend(uint64_t bytes) {
    spent_ += bytes;
    if (spent_ <= kTableMaxBytes) return Status();
    return table_corrupt("unpacks to more than " + std::to_string(kTableMaxBytes >> 20) + " MiB");
  }

  // Every entry of a block; those of the index block name the data blocks.
  Status entries(ByteView block, bool is_index) {
    const size_t n = block.size();
    const uint64_t restarts = n >= 4 ? table_u32(block.data() + n - 4) : 0;
    if (restarts == 0 || restarts > (n - 4) / 4 || table_u32(block.data() + n - 4 - 4 * restarts) != 0) {
      return table_corrupt("has a block without its list of restarts");
    }
    const ByteView body = block.subspan(0, n - 4 - 4 * static_cast<size_t>(restarts));
    uint64_t key_size = 0;
    for (size_t at = 0; at < body.size();) {
      uint64_t shared, fresh, value;
      if (!table_varint(body, at, shared) || !table_varint(body, at, fresh) ||
          !table_varint(body, at, value) || shared > key_size || fresh > body.size() - at ||
          value > body.size() - at - fresh) {
        return table_corrupt("has a broken entry");
      }
      key_size = shared + fresh;
      JETLINE_RETURN_IF_ERROR(spend(key_size + 64));  // what an entry takes in memory
      at += static_cast<size_t>(fresh);
      if (is_index) {
        TableHandle h;
        size_t in_value = 0;
        if (!table_handle(body.subspan(at, static_cast<size_t>(value)), in_value, h)) {
          return table_corrupt("names a block in a broken way");
        }
        std::string unpacked;
        ByteView data;
        JETLINE_RETURN_IF_ERROR(open(h, unpacked, data));
        JETLINE_RETURN_IF_ERROR(entries(data, false));
      }
      at += static_cast<size_t>(value);
    }
    return Status();
  }

  ByteView file_;
  uint64_t spent_ = 0;
};

}  // namespace

Status check_table(ByteView file) {
  return TableChecker(file).run();
}

}  // namespace jetline::tf

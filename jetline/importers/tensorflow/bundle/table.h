// The index of a bundle: a file in LevelDB's table format
// (https://github.com/google/leveldb/blob/main/doc/table_format.md), read by LevelDB. Its reader trusts what
// a checksum covers (lengths of blocks and entries are used as they stand), so that check_table() looks at
// the structure before it.
//
// Threads: none kept. Ids: tf.bundle-truncated, tf.bundle-corrupt.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline::tf {

// OK when every block lies inside the file, has its checksum, and holds whole entries, and all together do
// not unpack to more than is sound (256 MiB).
Status check_table(ByteView file);
// check_table(), then each entry in order. Key and value are valid during the call.
Status read_table(ByteView file, const std::function<Status(std::string_view key, ByteView value)>& entry);

// LevelDB's and TFRecord's disguise of a CRC that is itself part of checked data.
inline uint32_t masked_crc(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

}  // namespace jetline::tf

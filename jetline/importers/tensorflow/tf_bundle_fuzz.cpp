// Any bytes as a checkpoint: four bytes say how long the index is, then index and shard. Each input is read
// as it is, and once more with the checksums of the index put right, which a change of its bytes would
// otherwise not get past.
#include <cstring>

#include "jetline/importers/tensorflow/bundle.h"
#include "jetline/importers/tensorflow/bundle_testing.h"

namespace {
void read_all(const std::string& index, jetline::ByteView shard) {
  namespace tf = jetline::tf;
  const auto bundle = tf::Bundle::from_memory(tf::made::bytes_of(index), {shard}, nullptr);
  if (!bundle.ok()) return;
  for (const auto& [key, entry] : bundle->entries()) (void)bundle->tensor(key);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  uint32_t length;
  std::memcpy(&length, data, 4);
  length = static_cast<uint32_t>(length > size - 4 ? size - 4 : length);
  std::string index(reinterpret_cast<const char*>(data) + 4, length);
  const jetline::ByteView shard(data + 4 + length, size - 4 - length);
  read_all(index, shard);
  jetline::tf::made::repair_checksums(index);
  read_all(index, shard);
  return 0;
}

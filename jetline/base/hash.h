// Content hashes. SHA-256 names content (cache keys, provenance, duplicate images); it comes from libsodium.
// Crc32c guards records against accidents and is not a secret-keeper. All functions are thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline {

// SHA-256 of a stream of bytes.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(ByteView bytes);
  void update(std::string_view text);
  // 64 lower-case hexadecimal digits; the object must not be used afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(ByteView bytes);
std::string sha256_hex(std::string_view text);
// Hash of a file's content, read in pieces. Ids: file.not-found, file.read-failed.
Result<std::string> sha256_file(const std::string& path);

// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected), as in iSCSI (RFC 3720) and LevelDB; `seed` continues.
uint32_t crc32c(ByteView bytes, uint32_t seed = 0);

}  // namespace jetline

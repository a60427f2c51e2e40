#include "jetline/base/hash.h"

#include <sodium/crypto_hash_sha256.h>

#include <cstdio>
#include <vector>

#include "jetline/base/files.h"

namespace jetline {

struct Sha256::State {
  crypto_hash_sha256_state s;
};

Sha256::Sha256() : state_(new State) { crypto_hash_sha256_init(&state_->s); }
Sha256::~Sha256() = default;
void Sha256::update(ByteView bytes) { crypto_hash_sha256_update(&state_->s, bytes.data(), bytes.size()); }
void Sha256::update(std::string_view t) {
  update(ByteView(reinterpret_cast<const uint8_t*>(t.data()), t.size()));
}
std::string Sha256::hex() {
  unsigned char out[crypto_hash_sha256_BYTES];
  crypto_hash_sha256_final(&state_->s, out);
  static const char kDigits[] = "0123456789abcdef";
  std::string s;
  s.reserve(64);
  for (unsigned char c : out) {
    s += kDigits[c >> 4];
    s += kDigits[c & 15];
  }
  return s;
}

std::string sha256_hex(ByteView bytes) {
  Sha256 h;
  h.update(bytes);
  return h.hex();
}
std::string sha256_hex(std::string_view text) {
  Sha256 h;
  h.update(text);
  return h.hex();
}

Result<std::string> sha256_file(const std::string& path) {
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return file_error("open", path);
  Sha256 h;
  std::vector<uint8_t> buffer(1 << 18);
  size_t n;
  while ((n = std::fread(buffer.data(), 1, buffer.size(), f)) > 0) h.update(ByteView(buffer.data(), n));
  const bool bad = std::ferror(f) != 0;
  std::fclose(f);
  if (bad) return Status::bad_input("file.read-failed", "cannot read " + path, "is it a directory or a bad disk?", path);
  return h.hex();
}

}  // namespace jetline

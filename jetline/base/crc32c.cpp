// CRC-32C at the speed of memory: checkpoints of hundreds of megabytes are checked while they are read. With
// the processor's instruction (SSE 4.2, ARMv8 CRC) three independent streams hide its latency of three cycles
// and are joined by linear algebra; without it eight tables take eight bytes a step.
#include <array>
#include <cstring>

#include "jetline/base/hash.h"

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace jetline {
namespace {

constexpr uint32_t kCrcPolynomial = 0x82f63b78u;  // reflected

#if defined(__SSE4_2__) && defined(__x86_64__)
#define JETLINE_CRC32C_INSTRUCTION 1
inline uint32_t crc_step8(uint32_t c, uint64_t word) {
  return static_cast<uint32_t>(_mm_crc32_u64(c, word));
}
inline uint32_t crc_step1(uint32_t c, uint8_t byte) {
  return _mm_crc32_u8(c, byte);
}
#elif defined(__ARM_FEATURE_CRC32)
#define JETLINE_CRC32C_INSTRUCTION 1
inline uint32_t crc_step8(uint32_t c, uint64_t word) {
  return __crc32cd(c, word);
}
inline uint32_t crc_step1(uint32_t c, uint8_t byte) {
  return __crc32cb(c, byte);
}
#endif

inline uint64_t crc_word(const uint8_t* p) {
  uint64_t word;
  std::memcpy(&word, p, 8);  // little-endian hosts only, as everywhere in jetline
  return word;
}

#ifdef JETLINE_CRC32C_INSTRUCTION
// The CRC register is a vector over GF(2), and feeding it zero bits is a linear map: 32 columns.
using CrcMap = std::array<uint32_t, 32>;

uint32_t crc_apply(const CrcMap& map, uint32_t v) {
  uint32_t out = 0;
  for (int i = 0; v; ++i, v >>= 1) {
    if (v & 1) out ^= map[static_cast<size_t>(i)];
  }
  return out;
}

constexpr size_t kCrcBlock = 4096;  // bytes of one of the three streams; a power of two

// The map of kCrcBlock zero bytes, a byte of the register at a time.
struct CrcShift {
  std::array<std::array<uint32_t, 256>, 4> table;
  CrcShift() {
    CrcMap map;  // one zero bit
    for (uint32_t i = 0; i < 32; ++i) {
      const uint32_t v = uint32_t{1} << i;
      map[i] = (v & 1) ? (v >> 1) ^ kCrcPolynomial : v >> 1;
    }
    for (size_t bits = 1; bits < kCrcBlock * 8; bits *= 2) {
      CrcMap twice;
      for (size_t i = 0; i < 32; ++i) twice[i] = crc_apply(map, map[i]);
      map = twice;
    }
    for (uint32_t k = 0; k < 4; ++k) {
      for (uint32_t b = 0; b < 256; ++b) table[k][b] = crc_apply(map, b << (8 * k));
    }
  }
  uint32_t operator()(uint32_t c) const {
    return table[0][c & 255] ^ table[1][c >> 8 & 255] ^ table[2][c >> 16 & 255] ^ table[3][c >> 24];
  }
};

uint32_t crc_run(uint32_t c, const uint8_t* p, size_t n) {
  static const CrcShift kShift;
  for (; n >= 3 * kCrcBlock; p += 3 * kCrcBlock, n -= 3 * kCrcBlock) {
    uint32_t second = 0, third = 0;
    for (size_t i = 0; i < kCrcBlock; i += 8) {
      c = crc_step8(c, crc_word(p + i));
      second = crc_step8(second, crc_word(p + kCrcBlock + i));
      third = crc_step8(third, crc_word(p + 2 * kCrcBlock + i));
    }
    c = kShift(kShift(c) ^ second) ^ third;
  }
  for (; n >= 8; p += 8, n -= 8) c = crc_step8(c, crc_word(p));
  for (; n > 0; ++p, --n) c = crc_step1(c, *p);
  return c;
}
#else
// table[k][b]: byte b followed by k zero bytes.
struct CrcTables {
  std::array<std::array<uint32_t, 256>, 8> table;
  CrcTables() {
    for (uint32_t b = 0; b < 256; ++b) {
      uint32_t c = b;
      for (int k = 0; k < 8; ++k) c = (c & 1) ? (c >> 1) ^ kCrcPolynomial : c >> 1;
      table[0][b] = c;
    }
    for (size_t k = 1; k < 8; ++k) {
      for (uint32_t b = 0; b < 256; ++b) {
        table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
      }
    }
  }
};

uint32_t crc_run(uint32_t c, const uint8_t* p, size_t n) {
  static const CrcTables kTables;
  const auto& t = kTables.table;
  for (; n >= 8; p += 8, n -= 8) {
    const uint64_t w = crc_word(p) ^ c;
    c = t[7][w & 255] ^ t[6][w >> 8 & 255] ^ t[5][w >> 16 & 255] ^ t[4][w >> 24 & 255] ^ t[3][w >> 32 & 255] ^
        t[2][w >> 40 & 255] ^ t[1][w >> 48 & 255] ^ t[0][w >> 56];
  }
  for (; n > 0; ++p, --n) c = t[0][(c ^ *p) & 255] ^ c >> 8;
  return c;
}
#endif

}  // namespace

uint32_t crc32c(ByteView bytes, uint32_t seed) {
  return ~crc_run(~seed, bytes.data(), bytes.size());
}

}  // namespace jetline

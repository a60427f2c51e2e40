#include <cstring>

#include "jetline/graph/wire.h"

namespace jetline::wire {
namespace {
constexpr int kMaxGroupDepth = 32;
}

float Field::float32() const {
  const uint32_t bits = static_cast<uint32_t>(value);
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}

double Field::float64() const {
  double d;
  std::memcpy(&d, &value, 8);
  return d;
}

bool Reader::varint(uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) {
      error_ = Error::kTruncated;
      return false;
    }
    const uint8_t byte = *at_++;
    value |= shift < 64 ? uint64_t{byte & 0x7fu} << shift : 0;
    if (!(byte & 0x80)) return true;
  }
  error_ = Error::kMalformed;
  return false;
}

bool Reader::take(uint64_t n, ByteView& bytes) {
  if (n > static_cast<uint64_t>(end_ - at_)) {
    error_ = Error::kTruncated;
    return false;
  }
  bytes = ByteView(at_, static_cast<size_t>(n));
  at_ += n;
  return true;
}

bool Reader::body(Field& field, int depth) {
  uint64_t n = 0;
  switch (field.type) {
    case Type::kVarint:
      return varint(field.value);
    case Type::kBytes:
      return varint(n) && take(n, field.bytes);
    case Type::kFixed32:
    case Type::kFixed64: {
      const size_t width = field.type == Type::kFixed32 ? 4 : 8;
      ByteView raw;
      if (!take(width, raw)) return false;
      field.value = 0;
      std::memcpy(&field.value, raw.data(), width);  // little-endian hosts only, as everywhere in jetline
      return true;
    }
    case Type::kGroup:
      return skip_group(field.number, depth);
    default:
      error_ = Error::kMalformed;
      return false;
  }
}

bool Reader::skip_group(uint32_t number, int depth) {
  if (depth >= kMaxGroupDepth) {
    error_ = Error::kMalformed;
    return false;
  }
  while (true) {
    uint64_t tag = 0;
    if (!varint(tag)) return false;
    Field inner;
    inner.number = static_cast<uint32_t>(tag >> 3);
    inner.type = static_cast<Type>(tag & 7);
    if (inner.type == Type::kGroupEnd) {
      if (inner.number == number) return true;
      error_ = Error::kMalformed;
      return false;
    }
    if (!body(inner, depth + 1)) return false;
  }
}

bool Reader::next(Field& field) {
  if (at_ == end_ || error_ != Error::kNone) return false;
  const uint8_t* start = at_;
  uint64_t tag = 0;
  bool ok = varint(tag);
  if (ok) {
    field.number = static_cast<uint32_t>(tag >> 3);
    field.type = static_cast<Type>(tag & 7);
    field.value = 0;
    field.bytes = {};
    if (tag > UINT32_MAX || field.number == 0) {
      error_ = Error::kMalformed;
      ok = false;
    } else {
      ok = body(field, 0);
    }
  }
  if (!ok) {
    at_ = start;
    return false;
  }
  field.raw = ByteView(start, static_cast<size_t>(at_ - start));
  return true;
}

namespace {
// Packed varints, each of at most 10 bytes.
template <typename T>
bool append_varints(const Field& field, std::vector<T>& out) {
  if (field.type == Type::kVarint) {
    out.push_back(static_cast<T>(field.value));
    return true;
  }
  if (field.type != Type::kBytes) return false;
  const ByteView b = field.bytes;
  size_t count = 0;
  for (uint8_t byte : b) count += !(byte & 0x80);
  out.reserve(out.size() + count);
  for (size_t i = 0; i < b.size();) {
    uint64_t v = 0;
    int shift = 0;
    while (true) {
      if (i == b.size() || shift >= 70) return false;
      const uint8_t byte = b[i++];
      v |= shift < 64 ? uint64_t{byte & 0x7fu} << shift : 0;
      shift += 7;
      if (!(byte & 0x80)) break;
    }
    out.push_back(static_cast<T>(v));
  }
  return true;
}

template <typename T>
bool append_fixed(const Field& field, Type type, std::vector<T>& out) {
  if (field.type == type) {
    T v;
    std::memcpy(&v, &field.value, sizeof(T));
    out.push_back(v);
    return true;
  }
  if (field.type != Type::kBytes || field.bytes.size() % sizeof(T) != 0) return false;
  const size_t n = field.bytes.size() / sizeof(T), before = out.size();
  if (n == 0) return true;
  out.resize(before + n);
  std::memcpy(out.data() + before, field.bytes.data(), n * sizeof(T));
  return true;
}
}  // namespace

bool append_int64s(const Field& field, std::vector<int64_t>& out) {
  return append_varints(field, out);
}
bool append_int32s(const Field& field, std::vector<int32_t>& out) {
  return append_varints(field, out);
}
bool append_floats(const Field& field, std::vector<float>& out) {
  return append_fixed(field, Type::kFixed32, out);
}
bool append_doubles(const Field& field, std::vector<double>& out) {
  return append_fixed(field, Type::kFixed64, out);
}

}  // namespace jetline::wire

#include "jetline/engine/npy.h"

#include <cstring>

#include "jetline/base/strings.h"
#include "jetline/engine/npy_header.h"

namespace jetline {
namespace {

uint16_t npy_u16(const uint8_t* p) {
  return static_cast<uint16_t>(p[0] | p[1] << 8);
}
uint32_t npy_u32(const uint8_t* p) {
  return npy_u16(p) | static_cast<uint32_t>(npy_u16(p + 2)) << 16;
}

Status npy_truncated(const std::string& where, const std::string& what) {
  return Status::bad_input("npy.truncated", where + " ends inside " + what, "was the file copied completely?",
                           where);
}

void npy_swap_bytes(std::vector<uint8_t>& data, int width) {
  for (size_t i = 0; i + static_cast<size_t>(width) <= data.size(); i += static_cast<size_t>(width)) {
    for (int a = 0, b = width - 1; a < b; ++a, --b) {
      std::swap(data[i + static_cast<size_t>(a)], data[i + static_cast<size_t>(b)]);
    }
  }
}

// Product of the dimensions times the element size, or -1 when it passes `limit`.
int64_t npy_bytes_of(const std::vector<int64_t>& shape, int64_t item, int64_t limit) {
  int64_t n = item;
  for (int64_t d : shape) {
    if (d == 0) return 0;
  }
  for (int64_t d : shape) {
    if (n > limit / d) return -1;
    n *= d;
  }
  return n <= limit ? n : -1;
}

}  // namespace

int64_t NpyArray::elements() const {
  int64_t n = 1;
  for (int64_t d : shape) {
    if (d == 0) return 0;  // before the product of the others can overflow
  }
  for (int64_t d : shape) n *= d;
  return n;
}

std::vector<uint8_t> fortran_to_c(ByteView data, const std::vector<int64_t>& shape, int64_t item) {
  std::vector<uint8_t> out(data.size());
  const size_t rank = shape.size();
  std::vector<int64_t> index(rank, 0), stride(rank, item);
  for (size_t i = 1; i < rank; ++i) stride[i] = stride[i - 1] * shape[i - 1];
  int64_t from = 0;
  for (size_t to = 0; to < out.size(); to += static_cast<size_t>(item)) {
    std::memcpy(out.data() + to, data.data() + from, static_cast<size_t>(item));
    for (size_t d = rank; d-- > 0;) {  // the last index runs fastest
      from += stride[d];
      if (++index[d] < shape[d]) break;
      from -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

Result<NpyArray> parse_npy(ByteView bytes, const std::string& where, const NpyLimits& limits) {
  if (bytes.size() < 6 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) {
    return Status::bad_input("npy.syntax", where + " is not an .npy file (wrong magic)",
                             "numpy.save writes one", where);
  }
  if (bytes.size() < 10) return npy_truncated(where, "the header");
  const int major = bytes[6];
  if (major < 1 || major > 3) {
    return Status::bad_input("npy.syntax",
                             where + " has format version " + std::to_string(major) + ", known are 1 to 3",
                             "", where);
  }
  const size_t start = major == 1 ? 10 : 12;
  if (bytes.size() < start) return npy_truncated(where, "the header");
  const uint32_t length = major == 1 ? npy_u16(bytes.data() + 8) : npy_u32(bytes.data() + 8);
  if (bytes.size() - start < length) return npy_truncated(where, "the header");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + start, length);
  JETLINE_ASSIGN_OR_RETURN(NpyHeader header, parse_npy_header(text, where, limits.max_rank));
  const int64_t item = dtype_bits(header.dtype) / 8;
  const int64_t need = npy_bytes_of(header.shape, item, limits.max_bytes);
  if (need < 0) {
    return Status::bad_input(
        "npy.too-large", where + " asks for more than " + human_bytes(static_cast<double>(limits.max_bytes)),
        "", where);
  }
  const ByteView rest = bytes.subspan(start + length);
  if (rest.size() < static_cast<uint64_t>(need)) return npy_truncated(where, "the array's values");
  const ByteView data = rest.subspan(0, static_cast<size_t>(need));
  NpyArray a;
  a.dtype = header.dtype;
  a.shape = header.shape;
  if (header.fortran && a.shape.size() > 1 && need > 0) {
    a.data = fortran_to_c(data, a.shape, item);
  } else {
    a.data.assign(data.begin(), data.end());
  }
  const bool complex = a.dtype == DType::kC64 || a.dtype == DType::kC128;
  if (header.big_endian) npy_swap_bytes(a.data, static_cast<int>(complex ? item / 2 : item));
  if (a.dtype == DType::kBool) {
    for (uint8_t& b : a.data) b = b != 0;  // other values are not a bool in C++
  }
  return a;
}

Result<NpyArray> load_npy(const std::string& path, const NpyLimits& limits) {
  JETLINE_ASSIGN_OR_RETURN(auto file, MappedFile::open(path));
  return parse_npy(file->bytes(), path, limits);
}

Result<std::string> npy_bytes(const NpyView& array) {
  JETLINE_ASSIGN_OR_RETURN(std::string out, npy_header_bytes(array));
  out.append(reinterpret_cast<const char*>(array.data.data()), array.data.size());
  return out;
}

Status save_npy(const NpyView& array, const std::string& path, FileSystem& fs) {
  JETLINE_ASSIGN_OR_RETURN(const std::string header, npy_header_bytes(array));
  JETLINE_ASSIGN_OR_RETURN(auto file, AtomicFile::create(path, fs));
  JETLINE_RETURN_IF_ERROR(file->append(std::string_view(header)));
  JETLINE_RETURN_IF_ERROR(file->append(array.data));
  return file->commit();
}

Result<NpyArray> to_numpy(NpyArray a) {
  const size_t n = static_cast<size_t>(a.elements());
  NpyArray out;
  out.shape = a.shape;
  const auto packed = [&](int bits, bool is_signed) {
    out.data.resize(n);
    const int per_byte = 8 / bits, mask = (1 << bits) - 1;
    for (size_t i = 0; i < n; ++i) {
      int v = a.data[i / static_cast<size_t>(per_byte)] >>
              (static_cast<int>(i % static_cast<size_t>(per_byte)) * bits);
      v &= mask;
      if (is_signed && v >= (1 << (bits - 1))) v -= 1 << bits;
      out.data[i] = static_cast<uint8_t>(v);
    }
    out.dtype = is_signed ? DType::kI8 : DType::kU8;
  };
  switch (a.dtype) {
    case DType::kBF16:  // the upper half of a float32
      out.dtype = DType::kF32;
      out.data.assign(n * 4, 0);
      for (size_t i = 0; i < n; ++i) std::memcpy(out.data.data() + 4 * i + 2, a.data.data() + 2 * i, 2);
      return out;
    case DType::kU4:
      packed(4, false);
      return out;
    case DType::kI4:
      packed(4, true);
      return out;
    case DType::kU2:
      packed(2, false);
      return out;
    case DType::kI2:
      packed(2, true);
      return out;
    default:
      break;
  }
  if (npy_descr(a.dtype).empty()) {
    return Status::bad_input("npy.unsupported-type",
                             "NumPy's files have no type for " + std::string(dtype_name(a.dtype)),
                             "add a Cast to float32 to the model");
  }
  return a;
}

}  // namespace jetline

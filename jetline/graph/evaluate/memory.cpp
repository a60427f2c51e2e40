#include "jetline/graph/evaluate/memory.h"

#include "jetline/base/memory.h"

namespace jetline::calc {
namespace {

// Element i of a packed type, as its bits in a byte; signed integers are extended.
uint8_t unpacked_cell(const uint8_t* data, size_t i, int bits, bool extend) {
  const size_t per_byte = 8 / static_cast<size_t>(bits);
  const int raw = (data[i / per_byte] >> (bits * static_cast<int>(i % per_byte))) & ((1 << bits) - 1);
  return static_cast<uint8_t>(extend && raw >= 1 << (bits - 1) ? raw - (1 << bits) : raw);
}

}  // namespace

Buffer Buffer::make(size_t bytes, bool zeroed, std::shared_ptr<std::atomic<int64_t>> live) {
  Buffer b;
  void* p = zeroed ? std::calloc(bytes + 16, 1) : allocate_large(bytes + 16);
  if (!p) return b;
  const auto counted = static_cast<int64_t>(bytes);
  *live += counted;
  b.data_ = std::shared_ptr<uint8_t>(static_cast<uint8_t*>(p), [live, counted](uint8_t* q) {
    std::free(q);
    *live -= counted;
  });
  b.size_ = bytes;
  return b;
}

Tensor Buffer::tensor(DType dtype, std::vector<int64_t> dims) const {
  auto t = Tensor::view(dtype, std::move(dims), ByteView(data_.get(), size_), data_);
  return t.ok() ? std::move(t).value() : Tensor();
}

int64_t cell_width(DType dtype) {
  if (dtype == DType::kString) return sizeof(const std::string*);
  const int bits = dtype_bits(dtype);
  return bits < 8 ? (bits > 0 ? 1 : 0) : bits / 8;
}

Cells::Cells(const Tensor& t) : width(cell_width(t.dtype())), data(t.bytes().data()) {
  if (t.dtype() == DType::kString) {
    pointers.reserve(t.strings().size());
    for (const std::string& s : t.strings()) pointers.push_back(&s);
    data = reinterpret_cast<const uint8_t*>(pointers.data());
  } else if (const int bits = dtype_bits(t.dtype()); bits < 8) {
    const bool extend = t.dtype() == DType::kI4 || t.dtype() == DType::kI2;
    unpacked.resize(static_cast<size_t>(t.count()));
    for (size_t i = 0; i < unpacked.size(); ++i) unpacked[i] = unpacked_cell(data, i, bits, extend);
    data = unpacked.data();
  }
}

Tensor from_cells(const Buffer& buffer, DType dtype, std::vector<int64_t> dims) {
  const int64_t n = element_count(dims);
  if (dtype == DType::kString) {
    std::vector<std::string> strings(static_cast<size_t>(n));
    for (size_t i = 0; i < strings.size(); ++i) {
      if (const auto* s = buffer.as<const std::string*>()[i]) strings[i] = *s;
    }
    auto t = Tensor::of_strings(std::move(dims), std::move(strings));
    return t.ok() ? std::move(t).value() : Tensor();
  }
  const int bits = dtype_bits(dtype);
  if (bits >= 8) return buffer.tensor(dtype, std::move(dims));
  const int64_t per_byte = 8 / bits;
  std::vector<uint8_t> packed(static_cast<size_t>(dtype_bytes(dtype, n)), 0);
  for (int64_t i = 0; i < n; ++i) {
    packed[static_cast<size_t>(i / per_byte)] |= static_cast<uint8_t>(
        (buffer.data()[i] & ((1 << bits) - 1)) << (bits * static_cast<int>(i % per_byte)));
  }
  auto t = Tensor::own(dtype, std::move(dims), std::move(packed));
  return t.ok() ? std::move(t).value() : Tensor();
}

}  // namespace jetline::calc

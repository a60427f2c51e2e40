// Pad, PadV2 and MirrorPad. TensorFlow's paddings are [rank, 2]; ONNX wants all begins, then all ends.
#include <algorithm>

#include "jetline/importers/tensorflow/ops/pad.h"

#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Value* pad_onnx(OpContext& c, Value* paddings) {
  return c.reshape(c.transpose(c.to_i64(paddings), {1, 0}), {-1});
}

// Types that ONNX Runtime pads; others are moved through a wider one.
template <typename Fn>
Value* pad_typed(OpContext& c, Value* x, const Fn& fn) {
  const DType wide = c.dtype(x) == DType::kBF16 ? DType::kF32 : DType::kI32;
  return c.via(x,
               {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64, DType::kU8, DType::kI8,
                DType::kBool, DType::kU32, DType::kU64},
               wide, fn);
}

Status convert_pad(OpContext& c) {
  Value* x = c.tensor(0);
  Value* paddings = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!paddings) return c.wrong_input(1);
  Value* fill = nullptr;
  if (c.op() == "PadV2" && !(fill = c.tensor(2))) return c.wrong_input(2);
  std::vector<int64_t> known;
  if (c.known_ints(paddings, known) &&
      std::all_of(known.begin(), known.end(), [](int64_t p) { return p == 0; }))
    return c.set(0, x);
  if (c.dtype(x) == DType::kC64 || c.dtype(x) == DType::kC128) return c.unsupported("complex numbers");
  return c.set(0, pad_typed(c, x, [&](Value* v) {
                 Value* value = fill ? c.cast(fill, c.dtype(v)) : c.scalar(0, v);
                 return c.emit("Pad", {v, pad_onnx(c, paddings), value}, {{"mode", "constant"}});
               }));
}

// One dimension mirrored with the edge repeated: the indices begin-1 … 0, 0 … n-1, n-1 ….
std::vector<int64_t> pad_mirror(int64_t n, int64_t begin, int64_t end) {
  std::vector<int64_t> index;
  for (int64_t i = begin; i > 0; --i) index.push_back(i - 1);
  for (int64_t i = 0; i < n; ++i) index.push_back(i);
  for (int64_t i = 0; i < end; ++i) index.push_back(n - 1 - i);
  return index;
}

// Repeats with the edge, at run-time sizes: slices of the ends, turned around.
Value* pad_mirror_slices(OpContext& c, Value* x, int64_t axis, int64_t begin, int64_t end) {
  const auto reversed = [&](int64_t from, int64_t to) {
    return c.emit("Slice", {x, c.ints({from}), c.ints({to}), c.ints({axis}), c.ints({-1})});
  };
  std::vector<Value*> parts;
  if (begin > 0) parts.push_back(reversed(begin - 1, INT64_MIN));
  parts.push_back(x);
  if (end > 0) parts.push_back(reversed(-1, -1 - end));
  return parts.size() == 1 ? x : c.emit("Concat", parts, {{"axis", axis}});
}

Status convert_mirror_pad(OpContext& c) {
  if (!c.tensor(0)) return c.wrong_input(0);
  if (!c.tensor(1)) return c.wrong_input(1);
  Value* y = nullptr;
  if (Status s = emit_mirror_pad(c, c.tensor(0), c.tensor(1), c.string_attr("mode"), &y); !s.ok()) return s;
  return c.set(0, y);
}

const OpRule kPadRules[] = {
    {"Pad", convert_pad},
    {"PadV2", convert_pad},
    {"MirrorPad", convert_mirror_pad, "", "REFLECT and SYMMETRIC; paddings of SYMMETRIC must be constant"},
};

}  // namespace

Status emit_mirror_pad(OpContext& c, Value* x, Value* paddings, const std::string& mode, Value** y) {
  if (mode == "REFLECT") {
    const DType wide = c.dtype(x) == DType::kBF16 ? DType::kF32 : DType::kI32;
    *y = c.via(x, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64}, wide, [&](Value* v) {
      return c.emit("Pad", {v, pad_onnx(c, paddings)}, {{"mode", "reflect"}});
    });
    return {};
  }
  if (mode != "SYMMETRIC") return c.unsupported("mode " + mode);
  std::vector<int64_t> pads;
  if (!c.known_ints(paddings, pads))
    return c.unsupported("mode SYMMETRIC with paddings only known at run time");
  for (size_t axis = 0; 2 * axis + 1 < pads.size(); ++axis) {
    const int64_t begin = pads[2 * axis], end = pads[2 * axis + 1], n = c.dim(x, static_cast<int>(axis));
    if (begin == 0 && end == 0) continue;
    const auto at = static_cast<int64_t>(axis);
    if (begin < 0 || end < 0 || begin > kMostTableEntries || end > kMostTableEntries || n > kMostTableEntries)
      return c.unsupported("paddings or sizes that are not sound");
    if (n >= 0 && (begin > n || end > n)) return c.unsupported("paddings larger than what they mirror");
    x = n < 0 ? pad_mirror_slices(c, x, at, begin, end)
              : c.emit("Gather", {x, c.ints(pad_mirror(n, begin, end))}, {{"axis", at}});
  }
  *y = x;
  return {};
}

Span<const OpRule> pad_rules() {
  return {kPadRules, std::size(kPadRules)};
}

}  // namespace jetline::tf

#include "jetline/engine/openvino/ov_common.h"

#include "jetline/base/strings.h"

namespace jetline::ov_engine {
namespace {
struct OvTypePair {
  DType ours;
  ov::element::Type_t theirs;
};
constexpr OvTypePair kOvTypes[] = {
    {DType::kF32, ov::element::Type_t::f32},       {DType::kU8, ov::element::Type_t::u8},
    {DType::kI8, ov::element::Type_t::i8},         {DType::kU16, ov::element::Type_t::u16},
    {DType::kI16, ov::element::Type_t::i16},       {DType::kI32, ov::element::Type_t::i32},
    {DType::kI64, ov::element::Type_t::i64},       {DType::kBool, ov::element::Type_t::boolean},
    {DType::kF16, ov::element::Type_t::f16},       {DType::kF64, ov::element::Type_t::f64},
    {DType::kU32, ov::element::Type_t::u32},       {DType::kU64, ov::element::Type_t::u64},
    {DType::kBF16, ov::element::Type_t::bf16},     {DType::kF8E4M3FN, ov::element::Type_t::f8e4m3},
    {DType::kF8E5M2, ov::element::Type_t::f8e5m2}, {DType::kU4, ov::element::Type_t::u4},
    {DType::kI4, ov::element::Type_t::i4},         {DType::kString, ov::element::Type_t::string},
    {DType::kF8E8M0, ov::element::Type_t::f8e8m0}, {DType::kF4E2M1, ov::element::Type_t::f4e2m1},
};
}  // namespace

DType from_ov(const ov::element::Type& type) {
  for (const OvTypePair& p : kOvTypes) {
    if (type == p.theirs) return p.ours;
  }
  return DType::kUndefined;
}

ov::element::Type to_ov(DType type) {
  for (const OvTypePair& p : kOvTypes) {
    if (type == p.ours) return p.theirs;
  }
  return ov::element::dynamic;
}

std::vector<int64_t> from_ov(const ov::PartialShape& shape) {
  std::vector<int64_t> dims;
  if (shape.rank().is_dynamic()) return dims;
  for (const ov::Dimension& d : shape) dims.push_back(d.is_static() ? d.get_length() : -1);
  return dims;
}

std::string shape_text(Span<const int64_t> shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i) s += ",";
    s += shape[i] < 0 ? "?" : std::to_string(shape[i]);
  }
  return s + "]";
}

std::string plain_reason(const std::string& what) {
  // Lines that name the vendor's own files or functions say nothing to a user.
  const auto noise = [](const std::string& line) {
    return line.empty() || starts_with(line, "Exception from ") ||
           starts_with(line, "FrontEnd API failed with") || line == "Summary:" ||
           (starts_with(line, "Check '") && line.find(" failed at ") != std::string::npos);
  };
  std::vector<std::string> kept;
  for (const std::string& raw : split(what, '\n')) {
    std::string line(trim(raw));
    // "Check 'x' failed at src/...:12: what it means" on one line.
    const size_t at = starts_with(line, "Check '") ? line.find(" failed at ") : std::string::npos;
    const size_t colon = at == std::string::npos ? at : line.find(": ", at);
    if (colon != std::string::npos) line = line.substr(colon + 2);
    if (noise(line)) continue;
    if (starts_with(line, "-- ")) line = line.substr(3);
    kept.push_back(line);
    if (kept.size() == 4) break;
  }
  std::string text = join(kept, "; ");
  if (text.empty()) text = "no reason given";
  if (text.size() > 600) text = text.substr(0, 600) + "...";
  return text;
}

ov::Core& core() {
  static ov::Core* const c = new ov::Core();
  return *c;
}

}  // namespace jetline::ov_engine

// Shapes and constants: Shape (15), Reshape (14), Constant (11, 12), Cast and CastLike, Range (11), CumSum
// (11), Trilu (14), DepthToSpace (11).
#include <algorithm>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

std::string shape_down_15(Step& s) {
  Node& n = s.node();
  const Attribute *start = n.attribute("start"), *end = n.attribute("end");
  if (!start && !end) return "";
  Value* whole = s.emit("Shape", {s.in(0)});
  const int64_t from = n.int_or("start", 0), to = n.int_or("end", INT64_MAX);
  return s.become(s.emit("Slice", {whole, s.int_list({from}), s.int_list({to}), s.int_list({0})}));
}

// allowzero changes the meaning of a zero in the target; without one it says nothing.
std::string reshape_down_14(Step& s) {
  Node& n = s.node();
  if (n.int_or("allowzero", 0) != 0) {
    std::vector<int64_t> target;
    if (!s.ints(1, target)) return "allowzero with a computed shape";
    if (std::count(target.begin(), target.end(), 0) > 0) {
      // Nothing is in the tensor, so any way to the shape will do.
      if (std::count(target.begin(), target.end(), -1) > 0 || !Step::is_static(s.out()))
        return "allowzero with a zero in the shape";
      const DType t = Step::dtype(s.in(0));
      if (Step::dims(s.in(0)) != target) return s.become(s.emit("Identity", {s.tensor(t, target, {})}));
    }
  }
  n.remove_attribute("allowzero");
  return "";
}

std::string constant_down_11(Step& s) {
  return s.node().attribute("sparse_value") ? "is sparse" : "";
}

Result<Tensor> constant_tensor(const Attribute& a) {
  const auto length = [](const auto& list) {
    return std::vector<int64_t>{static_cast<int64_t>(list.size())};
  };
  if (const int64_t* v = a.as_int()) return Tensor::ints({}, {*v});
  if (const float* f = a.as_float()) return Tensor::floats({}, {*f});
  if (const auto* list = a.as_ints()) return Tensor::ints(length(*list), *list);
  if (const auto* list = a.as_floats()) return Tensor::floats(length(*list), *list);
  if (const auto* text = a.as_string()) return Tensor::of_strings({}, {*text});
  if (const auto* list = a.as_strings()) return Tensor::of_strings(length(*list), *list);
  return Status::bad_input("onnx.bad-attribute", "the attribute '" + a.name() + "' is no constant");
}

std::string constant_down_12(Step& s) {
  Node& n = s.node();
  Tensor t;
  std::string name;
  for (const Attribute& a : n.attributes()) {
    name = a.name();
    if (name == "value" || name == "sparse_value") return "";
    auto made = constant_tensor(a);
    if (!made.ok()) return "holds no sound value";
    t = std::move(made).value();
  }
  if (name.empty()) return "holds no value";
  n.remove_attribute(name);
  n.set_attribute(Attribute("value", std::move(t)));
  return "";
}

bool cast_narrow(int64_t t) {
  return t >= static_cast<int64_t>(DType::kF8E4M3FN) && t <= static_cast<int64_t>(DType::kF8E5M2FNUZ);
}

std::string cast_down_19(Step& s) {
  const int64_t to = s.node().int_or("to", 0);
  if (cast_narrow(to)) return "to an 8-bit float";
  s.node().remove_attribute("saturate");
  return "";
}
std::string cast_down_24(Step& s) {
  if (s.node().int_or("to", 0) == static_cast<int64_t>(DType::kF8E8M0)) return "to an 8-bit exponent";
  s.node().remove_attribute("round_mode");
  return "";
}
std::string cast_down_23(Step& s) {
  return s.node().int_or("to", 0) == static_cast<int64_t>(DType::kF4E2M1) ? "to a 4-bit float" : "";
}
std::string cast_like_down_24(Step& s) {
  s.node().remove_attribute("round_mode");
  return "";
}
std::string cast_down_13(Step& s) {
  return s.node().int_or("to", 0) == static_cast<int64_t>(DType::kBF16) ? "to bfloat16" : "";
}
std::string cast_down_21(Step& s) {
  const int64_t to = s.node().int_or("to", 0);
  return to == static_cast<int64_t>(DType::kU4) || to == static_cast<int64_t>(DType::kI4)
             ? "to 4-bit integers"
             : "";
}
std::string cast_like_down_15(Step& s) {
  const DType t = Step::dtype(s.in(1));
  if (t == DType::kUndefined) return "to an element type that is not known";
  return s.become(s.emit("Cast", {s.in(0)}, {{"to", static_cast<int64_t>(t)}}));
}
std::string cast_like_down_19(Step& s) {
  if (cast_narrow(static_cast<int64_t>(Step::dtype(s.in(1))))) return "to an 8-bit float";
  s.node().remove_attribute("saturate");
  return "";
}

// start + delta * (0, 1, … n - 1) with n = max(ceil((limit - start) / delta), 0); positions from NonZero.
std::string range_down(Step& s) {
  const DType t = Step::dtype(s.in(0));
  std::vector<int64_t> all;
  if (t == DType::kUndefined) return "of an unknown element type";
  if ((t == DType::kI64 || t == DType::kI32) && s.ints_of(s.out(), all)) {
    Value* list = s.int_list(all);
    return s.become(s.cast(list, t));
  }
  Value* span = s.cast(s.emit("Sub", {s.in(1), s.in(0)}), DType::kF64);
  Value* count = s.emit("Ceil", {s.emit("Div", {span, s.cast(s.in(2), DType::kF64)})});
  count = s.cast(s.emit("Relu", {count}), DType::kI64);
  Value* some = s.emit("ConstantOfShape", {s.emit("Reshape", {count, s.int_list({1})})},
                       {{"value", Tensor::ints({1}, {1}).value()}});
  Value* at = s.emit("Squeeze", {s.emit("NonZero", {some})}, {{"axes", {0}}});
  return s.become(s.emit("Add", {s.emit("Mul", {s.cast(at, t), s.in(2)}), s.in(0)}));
}

// A product with a triangle of ones along the axis, brought to the end.
std::string cum_sum_down(Step& s) {
  Node& n = s.node();
  std::vector<int64_t> axes;
  const int rank = Step::rank(s.in(0));
  const DType t = Step::dtype(s.in(0));
  if (!s.ints(1, axes) || axes.size() != 1 || rank < 1) return "along an axis that is not known";
  const int64_t axis = axes[0] < 0 ? axes[0] + rank : axes[0], size = s.dim(s.in(0), static_cast<int>(axis));
  if (axis < 0 || axis >= rank || size < 0 || size > 1024) return "along an axis of unknown or great size";
  const bool after = n.int_or("reverse", 0) != 0, strict = n.int_or("exclusive", 0) != 0;
  std::vector<double> triangle;
  for (int64_t from = 0; from < size; ++from) {
    for (int64_t to = 0; to < size; ++to) {
      const bool counts = from == to ? !strict : (from < to) != after;
      triangle.push_back(counts ? 1 : 0);
    }
  }
  std::vector<int64_t> order;
  for (int64_t i = 0; i < rank; ++i) order.push_back(i);
  std::swap(order[static_cast<size_t>(axis)], order.back());
  const bool moves = axis != rank - 1;
  Value* x = moves ? s.emit("Transpose", {s.in(0)}, {{"perm", order}}) : s.in(0);
  Value* y = s.emit("MatMul", {x, s.tensor(t, {size, size}, triangle)});
  return s.become(moves ? s.emit("Transpose", {y}, {{"perm", order}}) : y);
}

// Zeros outside the triangle chosen by a constant mask.
std::string trilu_down(Step& s) {
  std::vector<int64_t> k = {0};
  const int64_t rows = s.dim(s.in(0), -2), columns = s.dim(s.in(0), -1);
  const DType t = Step::dtype(s.in(0));
  if ((s.in(1) && (!s.ints(1, k) || k.size() != 1)) || rows < 0 || columns < 0 || rows > 4096 ||
      columns > 4096)
    return "of a matrix of unknown or great size";
  const bool upper = s.node().int_or("upper", 1) != 0;
  std::vector<double> mask;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) mask.push_back(upper ? c - r >= k[0] : c - r <= k[0]);
  }
  return s.become(s.emit("Where", {s.tensor(DType::kBool, {rows, columns}, mask), s.in(0), s.scalar(0, t)}));
}

// CRD: [N, C / b², b, b, H, W] -> [N, C / b², H, b, W, b].
std::string depth_to_space_down(Step& s) {
  Node& n = s.node();
  if (n.string_or("mode", "DCR") != "CRD") {
    n.remove_attribute("mode");
    return "";
  }
  const int64_t b = n.int_or("blocksize", 1), c = s.dim(s.in(0), 1), h = s.dim(s.in(0), 2),
                w = s.dim(s.in(0), 3);
  if (b < 1 || b > 4096 || c < 0 || h < 0 || w < 0 || h > 1 << 24 || w > 1 << 24)
    return "in the order CRD, of a tensor of unknown size";
  Value* x = s.emit("Reshape", {s.in(0), s.int_list({-1, c / (b * b), b, b, h, w})});
  x = s.emit("Transpose", {x}, {{"perm", {0, 1, 4, 2, 5, 3}}});
  return s.become(s.emit("Reshape", {x, s.int_list({-1, c / (b * b), h * b, w * b})}));
}

const Change kShapeChanges[] = {
    {"Shape", 15, nullptr, shape_down_15},        {"Reshape", 14, nullptr, reshape_down_14},
    {"Constant", 11, nullptr, constant_down_11},  {"Constant", 12, nullptr, constant_down_12},
    {"Cast", 13, nullptr, cast_down_13},          {"Cast", 19, nullptr, cast_down_19},
    {"Cast", 21, nullptr, cast_down_21},          {"Cast", 23, nullptr, cast_down_23},
    {"Cast", 24, nullptr, cast_down_24},          {"CastLike", 24, nullptr, cast_like_down_24},
    {"CastLike", 15, nullptr, cast_like_down_15}, {"CastLike", 19, nullptr, cast_like_down_19},
    {"Range", 11, nullptr, range_down},           {"CumSum", 11, nullptr, cum_sum_down},
    {"Trilu", 14, nullptr, trilu_down},           {"DepthToSpace", 11, nullptr, depth_to_space_down},
};
}  // namespace

Span<const Change> shape_changes() {
  return {kShapeChanges, sizeof(kShapeChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset

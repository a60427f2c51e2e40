// Resize of known sizes without Resize: along each axis a Gather of the nearest elements, or the product with
// the matrix of its weights. Indices and weights are what Resize itself gives for 0, 1, 2, … and for the unit
// vectors.
#include "jetline/passes/opset/resize_apart.h"
#include "jetline/graph/evaluate.h"

namespace jetline::passes::opset {
namespace {

constexpr int64_t kMaxWeights = 1 << 22;

// Resize-11 with the attributes of `like` on a constant [rows, in], along the second axis.
bool resize_row(const Node& like, const Tensor& data, int64_t out, double scale, Tensor& result) {
  Model model;
  model.set_opset("", 11);
  GraphBuilder b(model.graph());
  Value* x = b.tensor("x", data);
  const bool scaled = scale > 0;
  Value* scales = b.floats("scales", {scaled ? 2 : 0},
                           scaled ? std::vector<float>{1, static_cast<float>(scale)} : std::vector<float>());
  Value* sizes = scaled ? nullptr : b.ints("sizes", {2}, {data.dims()[0], out});
  Value* y = b.op("Resize", {x, b.floats("roi", {0}, {}), scales, sizes});
  if (!b.status().ok()) return false;
  for (const Attribute& a : like.attributes()) {
    if (a.as_string()) y->producer()->set_attribute(Attribute(a.name(), *a.as_string()));
    if (a.as_float()) y->producer()->set_attribute(Attribute(a.name(), *a.as_float()));
    if (a.as_int()) y->producer()->set_attribute(Attribute(a.name(), *a.as_int()));
  }
  std::vector<const Tensor*> inputs;
  for (const Value* v : y->producer()->inputs()) inputs.push_back(v ? v->initializer() : nullptr);
  auto got = evaluate_node(*y->producer(), inputs, 11);
  if (!got.ok() || (*got)[0].dims() != std::vector<int64_t>{data.dims()[0], out}) return false;
  result = (*got)[0];
  return true;
}

}  // namespace

std::string resize_apart(Step& s, const std::vector<double>& scales) {
  const Node& n = s.node();
  const int rank = Step::rank(s.in(0));
  const std::string mode = n.string_or("mode", "nearest");
  if (n.string_or("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize")
    return "crops as it resizes";
  if (rank < 1 || (!scales.empty() && scales.size() != static_cast<size_t>(rank)))
    return "its sizes are not known";
  Value* y = s.in(0);
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t in = s.dim(s.in(0), axis), out = s.dim(s.out(), axis);
    const double scale = scales.empty() ? 0 : scales[static_cast<size_t>(axis)];
    if (scale == 1 || (scales.empty() && in == out && in >= 0)) continue;
    if (in < 1 || out < 1 || in > kMaxWeights || out > kMaxWeights / in)
      return "its sizes are not known, or large";
    Tensor result;
    if (mode == "nearest") {
      std::vector<float> places;
      for (int64_t i = 0; i < in; ++i) places.push_back(static_cast<float>(i));
      if (!resize_row(n, Tensor::floats({1, in}, places).value(), out, scale, result))
        return "a form of its own";
      std::vector<int64_t> at;
      for (int64_t i = 0; i < out; ++i) at.push_back(static_cast<int64_t>(result.at<float>(i)));
      y = s.emit("Gather", {y, s.int_list(at)}, {{"axis", axis}});
      continue;
    }
    const DType t = Step::dtype(s.in(0));
    if (axis < rank - 2 || (t != DType::kF32 && t != DType::kF16 && t != DType::kF64))
      return "interpolates along an axis before the last two";
    std::vector<float> unit(static_cast<size_t>(in * in), 0.0f);
    for (int64_t i = 0; i < in; ++i) unit[static_cast<size_t>(i * in + i)] = 1;
    if (!resize_row(n, Tensor::floats({in, in}, unit).value(), out, scale, result))
      return "a form of its own";
    // result is [in, out]: for the axis before the last its transpose stands on the left.
    const bool last = axis == rank - 1;
    std::vector<double> weights(static_cast<size_t>(in * out));
    for (int64_t i = 0; i < in; ++i) {
      for (int64_t o = 0; o < out; ++o)
        weights[static_cast<size_t>(last ? i * out + o : o * in + i)] =
            static_cast<double>(result.at<float>(i * out + o));
    }
    Value* matrix =
        s.tensor(t, last ? std::vector<int64_t>{in, out} : std::vector<int64_t>{out, in}, weights);
    y = last ? s.emit("MatMul", {y, matrix}) : s.emit("MatMul", {matrix, y});
  }
  return s.become(y == s.in(0) ? s.emit("Identity", {y}) : y);
}

}  // namespace jetline::passes::opset

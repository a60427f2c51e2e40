#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "jetline/base/strings.h"
#include "jetline/picture/tree.h"

namespace jetline::picture {
namespace {

constexpr size_t kMaxTitle = 40, kMaxDetail = 4000;

// Cut at a character's boundary.
std::string shortened(const std::string& s, size_t most) {
  if (s.size() <= most) return s;
  size_t n = most;
  while (n > 0 && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80) --n;
  return s.substr(0, n) + "…";
}

std::string times(const std::vector<int64_t>& v) {
  std::string s;
  for (size_t i = 0; i < v.size() && i < 6; ++i) s += (i ? "×" : "") + std::to_string(v[i]);
  return s;
}

const Tensor* label_constant(const Value* v) {
  if (!v) return nullptr;
  if (v->initializer()) return v->initializer();
  const Node* p = v->producer();
  const Attribute* a = p && p->is("Constant") ? p->attribute("value") : nullptr;
  return a ? a->as_tensor() : nullptr;
}

std::string number_text(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}

std::string scalar_text(const Value* v) {
  const Tensor* t = label_constant(v);
  if (!t || t->count() != 1) return "";
  const auto d = t->to_doubles();
  return d.ok() ? number_text((*d)[0]) : "";
}

std::string kernel_text(const Node& n) {
  std::vector<int64_t> kernel = n.ints_or("kernel_shape", {});
  const Tensor* w = kernel.empty() ? label_constant(n.input(1)) : nullptr;
  if (w && w->dims().size() > 2) kernel.assign(w->dims().begin() + 2, w->dims().end());
  std::string s = kernel.empty() ? "" : " " + times(kernel);
  const std::vector<int64_t> strides = n.ints_or("strides", {});
  const bool strided = std::any_of(strides.begin(), strides.end(), [](int64_t k) { return k != 1; });
  if (strided) {
    const bool same = std::all_of(strides.begin(), strides.end(), [&](int64_t k) { return k == strides[0]; });
    s += " /" + (same ? std::to_string(strides[0]) : times(strides));
  }
  if (n.int_or("group", 1) > 1) s += " g" + std::to_string(n.int_or("group", 1));
  const std::vector<int64_t> dilation = n.ints_or("dilations", {});
  if (!dilation.empty() && dilation[0] > 1) s += " dil" + std::to_string(dilation[0]);
  return s;
}

std::string clip_text(const Node& n) {
  std::string low = scalar_text(n.input(1)), high = scalar_text(n.input(2));
  if (const Attribute* a = n.attribute("min")) low = a->as_float() ? number_text(*a->as_float()) : low;
  if (const Attribute* a = n.attribute("max")) high = a->as_float() ? number_text(*a->as_float()) : high;
  return low.empty() && high.empty() ? "" : " " + low + "…" + high;
}

const std::unordered_map<std::string, const char*>& op_classes() {
  static const auto* const kClasses = [] {
    auto* m = new std::unordered_map<std::string, const char*>;
    const auto add = [m](const char* css, std::initializer_list<const char*> ops) {
      for (const char* op : ops) (*m)[op] = css;
    };
    add("conv", {"Conv", "ConvTranspose", "Gemm", "MatMul", "DeformConv", "Einsum", "ConvInteger",
                 "QLinearConv", "MatMulInteger", "QLinearMatMul", "LSTM", "GRU", "RNN", "Attention"});
    add("norm", {"BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization",
                 "LpNormalization", "LRN", "RMSNormalization", "MeanVarianceNormalization"});
    add("act", {"Relu",  "Clip",     "Sigmoid",    "HardSigmoid", "HardSwish",       "Tanh", "LeakyRelu",
                "PRelu", "Softmax",  "Elu",        "Selu",        "Softplus",        "Mish", "Gelu",
                "Celu",  "Softsign", "LogSoftmax", "Hardmax",     "ThresholdedRelu", "Swish"});
    add("pool", {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool", "GlobalLpPool",
                 "Resize", "Upsample", "MaxUnpool", "GridSample", "AffineGrid", "RoiAlign", "MaxRoiPool"});
    add("shape", {"Reshape",
                  "Transpose",
                  "Flatten",
                  "Squeeze",
                  "Unsqueeze",
                  "Concat",
                  "Split",
                  "Slice",
                  "Gather",
                  "GatherElements",
                  "GatherND",
                  "Scatter",
                  "ScatterElements",
                  "ScatterND",
                  "Expand",
                  "Tile",
                  "Pad",
                  "Shape",
                  "Size",
                  "DepthToSpace",
                  "SpaceToDepth",
                  "Identity",
                  "Cast",
                  "CastLike",
                  "ReverseSequence",
                  "ConstantOfShape",
                  "Constant",
                  "Range",
                  "Compress",
                  "Trilu",
                  "EyeLike",
                  "OneHot"});
    add("reduce", {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                   "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "ArgMax", "ArgMin", "TopK",
                   "NonMaxSuppression", "NonZero", "CumSum", "Unique"});
    add("quant", {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"});
    add("flow", {"If", "Loop", "Scan", "SequenceMap", "SequenceAt", "SequenceConstruct", "SequenceInsert",
                 "ConcatFromSequence", "SplitToSequence", "Optional", "OptionalGetElement"});
    return m;
  }();
  return *kClasses;
}

}  // namespace

const std::vector<LegendEntry>& default_legend() {
  static const auto* const kLegend = new std::vector<LegendEntry>{
      {"conv", "convolution, matrix product", "#bcd7f5", "#1f4b7a"},
      {"norm", "normalisation", "#d9d3f2", "#453a78"},
      {"act", "activation", "#f8d7b0", "#7a4a14"},
      {"pool", "pooling, resizing", "#bfe5c8", "#1f5a33"},
      {"math", "element-wise arithmetic", "#f3e7a9", "#655a10"},
      {"shape", "shape and movement", "#dcdfe3", "#414850"},
      {"reduce", "reduction, selection", "#f3c6d3", "#74304a"},
      {"quant", "quantisation", "#c2e6e6", "#1d5757"},
      {"flow", "control flow, sequences", "#e6ccb6", "#5f4027"},
      {"custom", "operator of another domain", "#f5b5a8", "#80301f"},
      {"port", "input, output", "#ffffff", "#16191d"},
  };
  return *kLegend;
}

NodeStyle default_style(const Node& node) {
  NodeStyle s;
  if (!node.domain().empty()) {
    s.css = "custom";
    s.severity = 1;
    s.label = node.domain();
    return s;
  }
  const auto it = op_classes().find(node.op());
  s.css = it == op_classes().end() ? "math" : it->second;
  return s;
}

std::string shape_text(const ValueType& type) {
  if (!type.is_tensor() || !type.has_shape) return "";
  if (type.shape.empty()) return "scalar";
  std::string s;
  for (size_t i = 0; i < type.shape.size(); ++i) {
    if (i >= 8) return s + "×…";
    s += (i ? "×" : "") + shortened(to_string(type.shape[i]), 12);
  }
  return s;
}

int64_t node_params(const Node& node) {
  int64_t n = 0;
  for (const Value* v : node.inputs()) {
    const Tensor* t = label_constant(v);
    if (t && t->count() > 0 && t->dtype() != DType::kI64) n += t->count();
  }
  return n;
}

std::string node_title(const Node& node) {
  const std::string& op = node.op();
  std::string extra;
  if (op == "Conv" || op == "ConvTranspose" || op == "MaxPool" || op == "AveragePool" ||
      op == "QLinearConv") {
    extra = kernel_text(node);
  } else if (op == "Clip") {
    extra = clip_text(node);
  } else if (op == "Concat" || op == "Softmax" || op == "Gather" || op == "Split") {
    if (node.attribute("axis")) extra = " axis " + std::to_string(node.int_or("axis", 0));
  } else if (op == "Transpose") {
    for (int64_t p : node.ints_or("perm", {})) extra += (extra.empty() ? " " : ",") + std::to_string(p);
  } else if (op == "Resize" || op == "Upsample") {
    extra = " " + node.string_or("mode", "nearest");
  } else if (op == "Cast" && node.output(0)) {
    extra = " " + std::string(dtype_name(static_cast<DType>(node.int_or("to", 0))));
  } else if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div" || op == "Pow") {
    for (size_t i = 0; i < 2; ++i) {
      const std::string c = scalar_text(node.input(i));
      if (!c.empty()) extra = " " + c;
    }
  }
  return shortened(op + extra, kMaxTitle);
}

std::string node_subtitle(const Node& node) {
  for (const Value* v : node.inputs()) {
    const Tensor* t = label_constant(v);
    if (!t || t->dims().size() < 2 || t->count() < 2 || t->dtype() == DType::kI64) continue;
    return times(t->dims()) + ", " + human_count(static_cast<double>(node_params(node)));
  }
  const size_t slash = node.name.rfind('/');
  const std::string tail = slash == std::string::npos ? node.name : node.name.substr(slash + 1);
  return tail.size() > 28 ? shortened(tail, 27) : tail;
}

std::string node_details(const Node& node) {
  std::string s;
  const auto line = [&](const std::string& text) {
    if (s.size() < kMaxDetail) s += shortened(text, 300) + "\n";
  };
  line((node.domain().empty() ? "" : node.domain() + ".") + node.op() +
       (node.name.empty() ? "" : "  " + node.name));
  for (const Attribute& a : node.attributes()) {
    std::string v;
    if (const int64_t* i = a.as_int()) v = std::to_string(*i);
    if (const float* f = a.as_float()) v = number_text(*f);
    if (const std::string* t = a.as_string()) v = *t;
    if (const auto* list = a.as_ints()) {
      for (size_t i = 0; i < list->size() && i < 16; ++i) v += (i ? ", " : "") + std::to_string((*list)[i]);
    }
    if (const Graph* g = a.as_graph()) v = "graph of " + std::to_string(g->node_count()) + " nodes";
    line("  " + a.name() + (v.empty() ? "" : " = " + v));
  }
  const auto ports = [&](const char* what, const std::vector<Value*>& values) {
    for (const Value* v : values) {
      if (v) line(std::string(what) + v->name() + (label_constant(v) ? " = " : ": ") + to_string(v->type));
    }
  };
  ports("in   ", node.inputs());
  ports("out  ", node.outputs());
  return s;
}

}  // namespace jetline::picture

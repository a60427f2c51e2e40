#include "jetline/surgery/merge_preprocess.h"

#include <algorithm>
#include <cmath>

#include "jetline/passes/edit.h"
#include "jetline/surgery/merge_fold.h"
#include "jetline/surgery/names.h"

namespace jetline::surgery {
namespace {

using Picture = MergePreprocessOptions::Picture;

Status merge_refused(const std::string& what, const std::string& hint = {}) {
  return Status::bad_input("surgery.preprocess", what, hint);
}

Result<Value*> picture_value(Model& model, const std::string& name) {
  const std::vector<Value*> inputs = model.graph().free_inputs();
  std::vector<std::string> names;
  for (Value* v : inputs) {
    names.push_back(v->name());
    if (v->name() == name) return v;
  }
  if (!name.empty()) return unknown_name("input", name, names);
  for (Value* v : inputs) {
    if (inputs.size() == 1 || passes::rank_of(v) == 4) return v;
  }
  return merge_refused("the model has no input that could be a picture");
}

// What the network's input is.
struct NetworkInput {
  bool channels_first = true;
  int channels = 3;
  DType dtype = DType::kF32;
  Dim batch, height, width;
};

Result<NetworkInput> network_input(const Value& v, const MergePreprocessOptions& options) {
  NetworkInput in;
  const std::string is = "input '" + v.name() + "' is " + to_string(v.type);
  if (v.type.dtype == DType::kU8) return merge_refused(is + ": it takes bytes already");
  if (v.type.dtype != DType::kF32 && v.type.dtype != DType::kF16) {
    return merge_refused(is + ", no picture of float or float16");
  }
  if (passes::rank_of(&v) != 4) return merge_refused(is + ", no picture [N,C,H,W] or [N,H,W,C]");
  const std::vector<Dim>& d = v.type.shape;
  const auto is_color = [](const Dim& c) { return c.known() && (c.value == 3 || c.value == 1); };
  if (!is_color(d[1]) && !is_color(d[3])) {
    return merge_refused(is + ": neither axis 1 nor axis 3 has 1 or 3 channels");
  }
  in.channels_first = is_color(d[1]);
  in.channels = static_cast<int>(in.channels_first ? d[1].value : d[3].value);
  in.dtype = v.type.dtype;
  in.batch = d[0];
  in.height = in.channels_first ? d[2] : d[1];
  in.width = in.channels_first ? d[3] : d[2];
  if (options.layout == Picture::kHWC && in.batch.known() && in.batch.value != 1) {
    return merge_refused(is + ": a bare picture [H,W,C] is a batch of one", "--input-layout nhwc");
  }
  return in;
}

Status check_numbers(const MergePreprocessOptions& o) {
  for (int c = 0; c < 3; ++c) {
    const float m = o.mean[static_cast<size_t>(c)], s = o.scale[static_cast<size_t>(c)];
    if (!std::isfinite(m) || !std::isfinite(s) || s == 0) {
      return merge_refused("mean and scale have to be finite, and no scale zero");
    }
  }
  if (o.dtype != DType::kU8 && o.dtype != DType::kF32) {
    return merge_refused("a picture is uint8 or float, not " + std::string(dtype_name(o.dtype)));
  }
  return Status();
}

ValueType new_type(const NetworkInput& in, const MergePreprocessOptions& o) {
  const Dim c(in.channels);
  switch (o.layout) {
    case Picture::kHWC:
      return ValueType::tensor(o.dtype, {in.height, in.width, c});
    case Picture::kNHWC:
      return ValueType::tensor(o.dtype, {in.batch, in.height, in.width, c});
    case Picture::kNCHW:
      break;
  }
  return ValueType::tensor(o.dtype, {in.batch, c, in.height, in.width});
}

// Adds operators in front of the network one after the other.
class Chain {
 public:
  Chain(Graph& g, Value* input, MergePreprocessResult& result) : graph_(g), value_(input), result_(result) {
    before_ = g.nodes().empty() ? nullptr : g.nodes().front().get();
  }
  Node* add(const char* op, std::vector<Value*> inputs, const std::string& name) {
    Node* n = graph_.add_node(op, std::move(inputs), before_);
    value_ = n->add_output(graph_.unique_name(name));
    n->name = value_->name();
    result_.added.push_back(op);
    return n;
  }
  void cast(DType to) {
    Node* n = add("Cast", {value_}, "picture_cast");
    n->set_attribute(Attribute("to", static_cast<int64_t>(to)));
  }
  Value* value() const { return value_; }
  Graph& graph() { return graph_; }
  Node* before() const { return before_; }

 private:
  Graph& graph_;
  Value* value_;
  Node* before_;
  MergePreprocessResult& result_;
};

// [1,C,1,1] or [1,1,1,C]; one number where all are equal.
Value* channel_constant(Chain& chain, const NetworkInput& in, const std::vector<float>& v, const char* name) {
  const bool uniform = std::all_of(v.begin(), v.end(), [&](float x) { return x == v[0]; });
  const auto c = static_cast<int64_t>(v.size());
  std::vector<int64_t> dims =
      in.channels_first ? std::vector<int64_t>{1, c, 1, 1} : std::vector<int64_t>{1, 1, 1, c};
  auto t = uniform ? Tensor::floats({}, {v[0]}) : Tensor::floats(std::move(dims), v);
  return t.ok() ? passes::add_constant(chain.graph(), std::move(*t), name) : nullptr;
}

void reshape_batch(Chain& chain, int64_t opset) {
  Graph& g = chain.graph();
  Value* axes = opset >= 13 ? passes::add_ints(g, {0}, "picture_batch_axis") : nullptr;
  Node* n = chain.add("Unsqueeze", {chain.value()}, "picture_batch");
  if (axes) n->set_input(1, axes);
  if (!axes) n->set_attribute(Attribute("axes", std::vector<int64_t>{0}));
}

bool all_are(const std::vector<float>& v, float x) {
  return std::all_of(v.begin(), v.end(), [&](float y) { return y == x; });
}

}  // namespace

Result<MergePreprocessResult> merge_preprocess(Model& model, const MergePreprocessOptions& options) {
  JETLINE_RETURN_IF_ERROR(check_numbers(options));
  // Exporters list weights among the inputs by habit; only constants can be folded into.
  passes::OptimizeOptions listed;
  listed.only = {"listed-constants"};
  JETLINE_RETURN_IF_ERROR(passes::optimize(model, listed, nullptr));
  Graph& g = model.graph();
  JETLINE_ASSIGN_OR_RETURN(Value * input, picture_value(model, options.input));
  JETLINE_ASSIGN_OR_RETURN(const NetworkInput in, network_input(*input, options));
  if (input->is_output()) return merge_refused("input '" + input->name() + "' is an output too");
  const auto channels = static_cast<size_t>(in.channels);
  std::vector<float> mean(options.mean.begin(), options.mean.begin() + in.channels);
  std::vector<float> scale(options.scale.begin(), options.scale.begin() + in.channels);
  bool swap = channels == 3 && options.network != options.picture;
  MergePreprocessResult result;
  result.input = input->name();
  result.before = input->type;

  const std::vector<Node*> convs =
      options.fold && in.dtype == DType::kF32 ? first_convolutions(input) : std::vector<Node*>();
  // In the network's order: what folding leaves to operators.
  const bool mean_folds = !convs.empty() && pads_nothing(convs) && !all_are(mean, 0);
  if (!convs.empty() && (swap || mean_folds || !all_are(scale, 1))) {
    std::vector<int> from;  // channel i of the picture is the network's channel from[i]
    for (int i = 0; i < in.channels; ++i) from.push_back(swap ? 2 - i : i);
    std::vector<float> shift;
    if (mean_folds) {
      for (size_t c = 0; c < channels; ++c) shift.push_back(-mean[c] * scale[c]);
    }
    JETLINE_RETURN_IF_ERROR(fold_channels(convs, from, scale, shift));
    result.convolutions = static_cast<int>(convs.size());
    if (!all_are(scale, 1)) result.folded.push_back("scale");
    if (mean_folds) result.folded.push_back("mean");
    if (swap) result.folded.push_back("channel order");
    std::fill(scale.begin(), scale.end(), 1.f);
    if (mean_folds) std::fill(mean.begin(), mean.end(), 0.f);
    if (swap) std::reverse(mean.begin(), mean.end());  // now in the picture's order
    swap = false;
  }

  Chain chain(g, input, result);
  if (options.dtype != DType::kF32) chain.cast(DType::kF32);
  if (options.layout == Picture::kHWC) reshape_batch(chain, model.opset());
  const bool picture_first = options.layout == Picture::kNCHW;
  if (picture_first != in.channels_first) {
    Node* n = chain.add("Transpose", {chain.value()}, "picture_transpose");
    n->set_attribute(Attribute(
        "perm", in.channels_first ? std::vector<int64_t>{0, 3, 1, 2} : std::vector<int64_t>{0, 2, 3, 1}));
  }
  if (swap) {
    Value* order = passes::add_ints(g, {2, 1, 0}, "picture_channels");
    Node* n = chain.add("Gather", {chain.value(), order}, "picture_swap");
    n->set_attribute(Attribute("axis", int64_t{in.channels_first ? 1 : 3}));
  }
  if (!all_are(mean, 0)) {
    chain.add("Sub", {chain.value(), channel_constant(chain, in, mean, "picture_mean")}, "picture_centred");
  }
  if (!all_are(scale, 1)) {
    chain.add("Mul", {chain.value(), channel_constant(chain, in, scale, "picture_scale")}, "picture_scaled");
  }
  if (in.dtype == DType::kF16) chain.cast(DType::kF16);

  if (chain.value() != input) {
    // Every user of the input but the first node of the chain.
    Node* first = nullptr;
    for (const auto& n : g.nodes()) {
      if (n.get() == chain.before()) break;
      if (!first && n->input(0) == input) first = n.get();
    }
    g.replace_all_uses(input, chain.value());
    if (first) first->set_input(0, input);
  }
  input->type = new_type(in, options);
  result.after = input->type;
  if (model.ir_version < 4) model.ir_version = 4;  // before that, constants have to be listed as inputs
  ShapeInference inference(model);
  inference.graph(g);
  JETLINE_RETURN_IF_ERROR(g.verify());
  if (result.added.empty() && result.folded.empty()) result.notes.push_back("there was nothing to merge");
  return result;
}

InputSpec merged_input(const InputSpec& before, const MergePreprocessOptions& options,
                       const MergePreprocessResult& result, std::vector<std::string>& notes) {
  InputSpec in = before;
  in.name = result.input;
  in.layout = options.layout == Picture::kNCHW ? Layout::kNCHW : Layout::kNHWC;
  if (in.order != ColorOrder::kGray) in.order = options.picture;
  in.mean = {{0, 0, 0}};
  in.scale = {{1, 1, 1}};
  in.dtype = options.dtype;
  if (options.dtype == DType::kU8 && in.resample != Resample::kLevels) {
    notes.push_back("the card samples pictures in float; as bytes they are rounded, up to half a level away");
  }
  if (options.dtype == DType::kU8 && in.pad != std::floor(in.pad)) {
    notes.push_back("the card pads with " + std::to_string(in.pad) + ", which a byte rounds");
  }
  if (options.layout == Picture::kHWC) {
    notes.push_back("`jetline detect` wants a batch axis; this model takes a bare picture");
  }
  return in;
}

}  // namespace jetline::surgery

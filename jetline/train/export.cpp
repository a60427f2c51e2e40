// Checkpoint to ONNX. Standard operators of opset 11 only, so that the same graph is valid up to 17.
#include <cmath>

#include "jetline/base/hash.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/train/checkpoint.h"

namespace jetline {
namespace {

struct ExportMap {
  Value* value;
  int width, height;
};

class DetectorExporter {
 public:
  DetectorExporter(const Checkpoint& c, const NetSpec& net, const ExportOptions& options, GraphBuilder& b)
      : checkpoint_(c),
        net_(net),
        b_(b),
        opset_(options.opset),
        parameters_(options.use_ema ? c.ema_parameters : c.parameters),
        buffers_(options.use_ema ? c.ema_buffers : c.buffers) {}

  void build() {
    const InputSpec& in = checkpoint_.card.input;
    std::vector<ExportMap> maps;
    for (size_t i = 0; i < net_.layers.size(); ++i) {
      const jl_layer& l = net_.layers[i];
      const auto from = [&](int k) { return maps[static_cast<size_t>(l.input[k])]; };
      if (l.kind == JL_INPUT) {
        maps.push_back({b_.input(in.name, DType::kF32, {1, 3, in.height, in.width}), in.width, in.height});
      } else if (l.kind == JL_UPSAMPLE_ADD) {
        maps.push_back(upsample_add(net_.names[i], from(0), from(1)));
      } else {
        maps.push_back(conv(net_.names[i], l, from(0), l.input[1] < 0 ? nullptr : from(1).value));
      }
    }
    std::vector<Value*> boxes, scores;
    for (size_t k = 0; k < net_.outputs.size(); ++k) {
      const ExportMap& m = maps[static_cast<size_t>(net_.outputs[k])];
      decode(net_.strides[k], m, boxes, scores);
    }
    Value* all = b_.op(
        "Concat",
        {b_.op("Concat", boxes, {{"axis", 1}}, "boxes"), b_.op("Concat", scores, {{"axis", 1}}, "scores")},
        {{"axis", 2}}, "detections_all");
    int64_t n = 0;
    for (int s : net_.strides) n += int64_t{in.width / s} * (in.height / s);
    b_.output(all, "detections", DType::kF32, {1, n, 4 + net_.classes});
  }

 private:
  // y = gamma (conv(x) - mean) / sqrt(var + eps) + beta is a convolution with scaled weights and a bias.
  ExportMap conv(const std::string& name, const jl_layer& l, const ExportMap& x, Value* shortcut) {
    const int64_t each = int64_t{l.in_channels} / l.groups * l.kernel * l.kernel;
    std::vector<float> weight(static_cast<size_t>(each * l.out_channels)),
        bias(static_cast<size_t>(l.out_channels));
    for (int c = 0; c < l.out_channels; ++c) {
      double factor = 1, shift = parameters_[static_cast<size_t>(l.beta + c)];
      if (l.batch_norm) {
        const double var = buffers_[static_cast<size_t>(l.var + c)];
        factor = parameters_[static_cast<size_t>(l.gamma + c)] /
                 std::sqrt(var + static_cast<double>(net_.bn_epsilon));
        shift -= factor * buffers_[static_cast<size_t>(l.mean + c)];
      }
      bias[static_cast<size_t>(c)] = static_cast<float>(shift);
      for (int64_t k = 0; k < each; ++k) {
        weight[static_cast<size_t>(c * each + k)] =
            static_cast<float>(factor * parameters_[static_cast<size_t>(l.weight + c * each + k)]);
      }
    }
    const int64_t k = l.kernel, pad = k / 2;
    Value* y =
        b_.op("Conv",
              {x.value, b_.floats(name + ".weight", {l.out_channels, l.in_channels / l.groups, k, k}, weight),
               b_.floats(name + ".bias", {l.out_channels}, bias)},
              {{"dilations", {1, 1}},
               {"group", int64_t{l.groups}},
               {"kernel_shape", {k, k}},
               {"pads", {pad, pad, pad, pad}},
               {"strides", {l.stride, l.stride}}},
              name);
    const int w = (x.width + l.stride - 1) / l.stride, h = (x.height + l.stride - 1) / l.stride;
    macs_ += int64_t{w} * h * l.out_channels * each;
    if (shortcut) y = b_.op("Add", {y, shortcut}, {}, name + ".add");
    if (l.relu) y = b_.op("Relu", {y}, {}, name + ".relu");
    return {y, w, h};
  }

  ExportMap upsample_add(const std::string& name, const ExportMap& top, const ExportMap& side) {
    // Asymmetric and floor: output x reads input x / 2, which is what LibTorch's nearest does and TensorRT
    // takes.
    // Opset 11 demands the region of interest that only another mode reads; later ones may leave it out.
    Value* roi = opset_ < 13 ? b_.floats(name + ".roi", {0}, {}) : nullptr;
    Value* up = b_.op(
        "Resize", {top.value, roi, b_.floats(name + ".scales", {4}, {1, 1, 2, 2})},
        {{"coordinate_transformation_mode", "asymmetric"}, {"mode", "nearest"}, {"nearest_mode", "floor"}},
        name + ".resize");
    if (2 * top.width != side.width || 2 * top.height != side.height) {
      up = b_.op("Slice", {up, b_.ints({0, 0}), b_.ints({side.height, side.width}), b_.ints({2, 3})}, {},
                 name + ".crop");
    }
    return {b_.op("Add", {up, side.value}, {}, name), side.width, side.height};
  }

  void decode(int stride, const ExportMap& m, std::vector<Value*>& boxes, std::vector<Value*>& scores) {
    const std::string name = "decode" + std::to_string(stride);
    const int64_t n = int64_t{m.width} * m.height, values = 4 + net_.classes;
    Value* rows = b_.op("Transpose", {m.value}, {{"perm", {0, 2, 3, 1}}}, name + ".rows");
    rows = b_.op("Reshape", {rows, b_.ints({1, n, values})}, {}, name + ".flat");
    const auto part = [&](int64_t first, int64_t last, const char* what) {
      return b_.op("Slice", {rows, b_.ints({first}), b_.ints({last}), b_.ints({2})}, {}, name + what);
    };
    std::vector<float> centres;
    for (int y = 0; y < m.height; ++y) {
      for (int x = 0; x < m.width; ++x) {
        centres.push_back((static_cast<float>(x) + 0.5f) * static_cast<float>(stride));
        centres.push_back((static_cast<float>(y) + 0.5f) * static_cast<float>(stride));
      }
    }
    Value* s = b_.scalar(static_cast<float>(stride));
    Value* half_s = b_.scalar(static_cast<float>(stride) / 2);
    Value* centre = b_.op(
        "Add", {b_.op("Mul", {part(0, 2, ".offset"), s}), b_.floats(name + ".centres", {1, n, 2}, centres)},
        {}, name + ".centre");
    Value* half = b_.op("Mul", {b_.op("Exp", {part(2, 4, ".size")}), half_s}, {}, name + ".half");
    boxes.push_back(b_.op("Concat", {b_.op("Sub", {centre, half}), b_.op("Add", {centre, half})},
                          {{"axis", 2}}, name + ".boxes"));
    scores.push_back(b_.op("Sigmoid", {part(4, values, ".logits")}, {}, name + ".scores"));
  }

  const Checkpoint& checkpoint_;
  const NetSpec& net_;
  GraphBuilder& b_;
  const int opset_;
  const std::vector<float>&parameters_, &buffers_;

 public:
  int64_t macs_ = 0;
};

}  // namespace

Result<ExportResult> export_onnx(const std::string& checkpoint, const std::string& output,
                                 const ExportOptions& options) {
  if (options.opset < 11 || options.opset > 17) {
    return Status::usage("export.opset", "cannot export opset " + std::to_string(options.opset),
                         "--opset takes 11 to 17");
  }
  JETLINE_ASSIGN_OR_RETURN(const Checkpoint c, load_checkpoint(checkpoint));
  JETLINE_ASSIGN_OR_RETURN(const NetSpec net, checkpoint_net(c));
  JETLINE_ASSIGN_OR_RETURN(const std::string hash, sha256_file(checkpoint));
  Model model;
  model.set_opset("", options.opset);
  model.graph().name = c.card.name;
  GraphBuilder builder(model.graph());
  DetectorExporter exporter(c, net, options, builder);
  exporter.build();
  JETLINE_RETURN_IF_ERROR(builder.status());
  Card card = c.card;
  card.provenance["checkpoint_sha256"] = hash;
  card.provenance["checkpoint_step"] = std::to_string(c.step);
  write_card(model, card);
  JETLINE_RETURN_IF_ERROR(save_onnx(model, output, options.fs ? *options.fs : real_file_system()));
  ExportResult r;
  r.output = output;
  r.opset = options.opset;
  r.nodes = static_cast<int64_t>(model.graph().node_count());
  r.macs = exporter.macs_;
  for (const jl_layer& l : net.layers) {
    if (l.kind == JL_CONV)
      r.parameters += int64_t{l.out_channels} * (int64_t{l.in_channels} / l.groups * l.kernel * l.kernel + 1);
  }
  return r;
}

}  // namespace jetline

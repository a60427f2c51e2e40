// Law: y = f(scale * x + shift), one number a channel of x, becomes part of f: a BatchNormalization, or a
// Mul, Div, Add or Sub with a constant of one number a channel, before Conv, ConvTranspose, Gemm or MatMul
// with constant weights is computed into weights and bias (in double, rounded once). Only where f alone reads
// the scaled input and alone uses its weights. A shift goes only into what has no border: a Conv without
// padding, a Gemm, a MatMul of matrices (padding adds zeros behind the shift, not before it). Measure: nodes.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "jetline/passes/channel_affine.h"

namespace jetline::passes {
namespace {

// No element of the result sees padding.
bool before_borderless(const Node& n, const ChannelHost& host) {
  if (host.kind == ChannelHost::kGemm || host.kind == ChannelHost::kMatMul) return true;
  if (host.kind != ChannelHost::kConv) return false;
  const std::string how = n.string_or("auto_pad", "NOTSET");
  if (how == "VALID") return true;
  const std::vector<int64_t> pads = n.ints_or("pads", {});
  return how == "NOTSET" && std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; });
}

// What f makes of the shift: for each channel of the output the sum of weight * shift.
std::vector<double> before_through(const Node& n, const ChannelHost& host, const ChannelWalk& inputs,
                                   const std::vector<double>& shift) {
  const Tensor& w = *n.input(1)->initializer();
  const ChannelWalk outputs = channel_outputs(n, host);
  std::vector<double> sums(static_cast<size_t>(host.channels), 0);
  for (int64_t i = 0; i < w.count(); ++i) {
    sums[static_cast<size_t>(outputs.at(i))] +=
        static_cast<double>(w.at<float>(i)) * shift[static_cast<size_t>(inputs.at(i))];
  }
  return sums;
}

// The node before `n` that scales its input, with the value that it scales; null when there is none.
Node* before_affine(const Node& n, const ChannelHost& host, int64_t channels, Value*& x, ChannelAffine& a) {
  Node* before = n.input(0)->producer();
  if (!before || before->outputs().size() != 1 || only_user(n.input(0)) != &n) return nullptr;
  if (before->inputs().empty() || !before->input(0)) return nullptr;
  x = constant_of(before->input(0)) ? before->input(1) : before->input(0);
  ChannelHost scaled;
  scaled.channels = channels;
  scaled.rank = host.rank;
  scaled.axis = host.axis;
  // The constant must not widen x.
  if (!x || constant_of(x) || rank_of(x) != host.rank) return nullptr;
  const Dim& d = x->type.shape[static_cast<size_t>(host.axis)];
  if (!d.known() || d.value != channels) return nullptr;
  return channel_affine(*before, x, scaled, a) ? before : nullptr;
}

Result<bool> before_fuse(PassContext& c, Node& n) {
  ChannelHost host;
  if (!channel_host(n, host) || host.kind == ChannelHost::kBatchNorm || n.int_or("transA", 0) != 0)
    return false;
  const int64_t groups = n.int_or("group", 1);
  if (host.kind == ChannelHost::kConv && (groups < 1 || n.input(1)->initializer()->dims()[0] % groups != 0))
    return false;
  int64_t channels = 0;
  const ChannelWalk inputs = channel_inputs(n, host, channels);
  Value* x = nullptr;
  ChannelAffine a;
  Node* before = before_affine(n, host, channels, x, a);
  if (!before) return false;
  const bool shifts = std::any_of(a.shift.begin(), a.shift.end(), [](double v) { return v != 0; });
  const bool scales = std::any_of(a.scale.begin(), a.scale.end(), [](double v) { return v != 1; });
  if (scales && n.input(1)->uses().size() != 1) return false;
  std::vector<double> bias;
  if (shifts) {
    if (!before_borderless(n, host) || (host.kind == ChannelHost::kMatMul && host.rank != 2)) return false;
    bias = before_through(n, host, inputs, a.shift);
    std::vector<double> old;
    if (host.bias && !channel_numbers(host.bias, host.channels, old)) return false;
    for (size_t i = 0; i < old.size(); ++i) bias[i] += old[i];
    if (!std::all_of(bias.begin(), bias.end(), [](double v) { return std::isfinite(static_cast<float>(v)); }))
      return false;
  }
  if (scales) {
    Value* old = n.input(1);
    JETLINE_ASSIGN_OR_RETURN(Value * scaled, channel_scaled(*old->graph(), n, inputs, a.scale));
    n.set_input(1, scaled);
    remove_unused_constant(c, old);
  }
  if (shifts) {
    if (host.kind == ChannelHost::kMatMul) n.set_op("Gemm");
    n.set_input(host.bias_input, channel_constant(*n.graph(), bias, n.output(0)->name() + "_bias"));
    if (host.bias) remove_unused_constant(c, host.bias);
  }
  n.set_input(0, x);
  remove_unused(c, before);
  return true;
}

}  // namespace

Result<int> run_fuse_scale_before(Model& model, PassContext& c) {
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      // Several may stand before one another; what goes stands before n in the list.
      for (bool more = true; more;) {
        JETLINE_ASSIGN_OR_RETURN(more, before_fuse(c, *n));
        changes += more;
      }
    }
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes

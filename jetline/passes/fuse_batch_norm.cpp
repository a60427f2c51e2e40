// Law: y = scale * f(x) + shift, one number a channel, becomes part of f: a BatchNormalization, or a Mul,
// Div, Add or Sub with a constant of one number a channel, behind Conv, ConvTranspose, Gemm, MatMul or
// another BatchNormalization, all with constant weights, is computed into weights and bias (in double,
// rounded once). Only where nothing else reads the unscaled result.
//
// Weights that several nodes share are never multiplied into copies: detection heads share theirs over the
// levels of a pyramid, each with statistics of its own. A shared weight is scaled when everyone who uses it
// is followed by the same scale; else only what leaves the scale alone (a shift) goes into the bias, and the
// rest stays as it is. Measure: nodes.
#include <algorithm>
#include <unordered_set>

#include "jetline/passes/channel_affine.h"

namespace jetline::passes {
namespace {

class AffineFusion {
 public:
  explicit AffineFusion(PassContext& c) : c_(c) {}

  Result<int> graph(Graph& g) {
    changes_ = 0;
    for (Node* n : g.node_list()) {
      if (gone_.count(n)) continue;
      // Several may follow one another: convolution, scale, shift.
      for (int before = -1; before != changes_;) {
        before = changes_;
        JETLINE_RETURN_IF_ERROR(node(*n));
      }
    }
    return changes_;
  }

 private:
  Status node(Node& n) {
    ChannelHost host;
    ChannelAffine a;
    Node* next = find(n, host, a);
    if (!next) return Status();
    const bool shifts = std::any_of(a.shift.begin(), a.shift.end(), [](double x) { return x != 0; });
    const bool scales = std::any_of(a.scale.begin(), a.scale.end(), [](double x) { return x != 1; });
    // A MatMul takes a shift only by becoming a Gemm, which needs matrices.
    if (host.kind == ChannelHost::kMatMul && shifts && host.rank != 2) return Status();
    if (!scales) return fuse(n, host, *next, a, nullptr);
    std::vector<Node*> users = {&n};
    if (host.kind != ChannelHost::kBatchNorm && n.input(1)->uses().size() != 1) {
      users.clear();
      if (!shared_alike(n.input(1), a.scale, users)) return Status();
    }
    Value* old = n.input(1);
    JETLINE_ASSIGN_OR_RETURN(Value * scaled,
                             channel_scaled(*old->graph(), n, channel_outputs(n, host), a.scale));
    for (Node* user : users) {
      next = find(*user, host, a);
      if (next) JETLINE_RETURN_IF_ERROR(fuse(*user, host, *next, a, scaled));
    }
    remove_unused_constant(c_, old);
    return Status();
  }

  // The affine node that alone reads the result of n; null when there is none.
  Node* find(Node& n, ChannelHost& host, ChannelAffine& a) const {
    if (!channel_host(n, host)) return nullptr;
    Node* next = only_user(n.output(0));
    return next && channel_affine(*next, n.output(0), host, a) ? next : nullptr;
  }

  // Whether everyone who uses the weight is followed by this very scale.
  bool shared_alike(const Value* weight, const std::vector<double>& scale, std::vector<Node*>& users) const {
    for (const Use& u : weight->uses()) {
      ChannelHost host;
      ChannelAffine a;
      if (!u.node || u.node->graph() != weight->graph() || u.index != 1) return false;
      if (!find(*u.node, host, a) || a.scale != scale) return false;
      users.push_back(u.node);
    }
    return true;
  }

  Status fuse(Node& n, const ChannelHost& host, Node& next, const ChannelAffine& a, Value* weight) {
    std::vector<double> bias(a.shift);
    if (host.bias) {
      std::vector<double> old;
      if (!channel_numbers(host.bias, host.channels, old)) return Status();
      for (size_t i = 0; i < bias.size(); ++i) bias[i] += a.scale[i] * old[i];
    }
    const bool any = std::any_of(bias.begin(), bias.end(), [](double x) { return x != 0; });
    if (any || host.bias) {
      if (host.kind == ChannelHost::kMatMul) n.set_op("Gemm");
      n.set_input(host.bias_input, channel_constant(*n.graph(), bias, n.output(0)->name() + "_bias"));
      if (host.bias) remove_unused_constant(c_, host.bias);
    }
    if (weight) n.set_input(1, weight);
    ++changes_;
    gone_.insert(&next);
    return replace_value(c_, next.output(0), n.output(0));
  }

  PassContext& c_;
  int changes_ = 0;
  std::unordered_set<const Node*> gone_;  // no node is made here, so addresses do not come back
};

}  // namespace

Result<int> run_fuse_batch_norm(Model& model, PassContext& c) {
  AffineFusion fusion(c);
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    JETLINE_ASSIGN_OR_RETURN(const int n, fusion.graph(g));
    changes += n;
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes

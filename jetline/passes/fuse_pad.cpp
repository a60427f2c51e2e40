// Law: a Pad with constant zeros before a Conv, or before an AveragePool that then counts them, becomes the
// node's own padding; before a MaxPool the same where the padding cannot win: it is -infinity, or zero while
// everything else is at least zero. Exact. Measure: Pad nodes, then what Pads still feed.
#include <algorithm>
#include <cmath>

#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

struct PadFacts {
  std::vector<int64_t> pads;  // begin of every axis, then end
  double value = 0;
};

bool pad_facts(const Node& n, int64_t opset, PadFacts& f) {
  if (!n.is("Pad") || n.string_or("mode", "constant") != "constant" || !n.input(0)) return false;
  if (opset < 11) {
    f.pads = n.ints_or("pads", {});
    f.value = n.float_or("value", 0);
  } else {
    if (n.input(3) || !constant_ints(n.input(1), f.pads)) return false;
    if (n.input(2) && !uniform_constant(n.input(2), f.value)) return false;
  }
  if (f.pads.size() < 6 || f.pads.size() % 2 != 0) return false;
  const size_t rank = f.pads.size() / 2;
  return std::all_of(f.pads.begin(), f.pads.end(), [](int64_t p) { return p >= 0; }) && f.pads[0] == 0 &&
         f.pads[1] == 0 && f.pads[rank] == 0 && f.pads[rank + 1] == 0;
}

// Whether every element is at least zero, as far as the operator that made it says.
bool pad_never_negative(const Value* v) {
  const Node* n = v->producer();
  if (!n) return false;
  double low = -1;
  return n->is("Relu") || n->is("Sigmoid") || n->is("Softmax") || n->is("Abs") || n->is("Exp") ||
         (n->is("Clip") && uniform_constant(n->input(1), low) && low >= 0) ||
         (n->is("Clip") && !n->input(1) && n->float_or("min", -1) >= 0);
}

std::vector<int64_t> pad_own(const Node& n, size_t spatial) {
  return n.ints_or("pads", std::vector<int64_t>(2 * spatial, 0));
}

// Whether the node's own padding may take over the Pad's.
bool pad_absorbable(const Node& n, const Node& pad, const PadFacts& f, const std::vector<int64_t>& own) {
  const size_t spatial = f.pads.size() / 2 - 2;
  const std::string automatic = n.string_or("auto_pad", "NOTSET");
  if (own.size() != 2 * spatial || (automatic != "NOTSET" && automatic != "VALID")) return false;
  const bool none = std::all_of(own.begin(), own.end(), [](int64_t p) { return p == 0; });
  if (n.is("Conv")) return f.value == 0;
  if (n.int_or("ceil_mode", 0) != 0) return false;
  const std::vector<int64_t> kernel = n.ints_or("kernel_shape", {});
  const std::vector<int64_t> dilations = n.ints_or("dilations", std::vector<int64_t>(spatial, 1));
  for (size_t i = 0; i < spatial; ++i) {
    // Padding as wide as the window is refused by some runtimes and would let windows lie in it alone.
    if (i >= kernel.size() || dilations[i] != 1) return false;
    if (own[i] + f.pads[i + 2] >= kernel[i] || own[i + spatial] + f.pads[i + spatial + 4] >= kernel[i])
      return false;
  }
  if (n.is("AveragePool")) return f.value == 0 && (none || n.int_or("count_include_pad", 0) != 0);
  if (!n.is("MaxPool") || n.outputs().size() != 1) return false;
  const bool lowest = f.value <= -3.4e38;
  return (lowest && std::isinf(f.value)) || (lowest && none) ||
         (f.value == 0 && pad_never_negative(pad.input(0)));
}

}  // namespace

Result<int> run_fuse_pad(Model& model, PassContext& c) {
  int changes = 0;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      if (!n->is("Conv") && !n->is("AveragePool") && !n->is("MaxPool")) continue;
      Node* pad = n->input(0) ? n->input(0)->producer() : nullptr;
      PadFacts f;
      if (!pad || !pad_facts(*pad, c.opset, f)) continue;
      const size_t spatial = f.pads.size() / 2 - 2;
      std::vector<int64_t> own = pad_own(*n, spatial);
      if (n->is("AveragePool") && c.opset < 7) continue;
      if (!pad_absorbable(*n, *pad, f, own)) continue;
      for (size_t i = 0; i < spatial; ++i) {
        own[i] += f.pads[i + 2];
        own[i + spatial] += f.pads[i + spatial + 4];
      }
      n->remove_attribute("auto_pad");
      n->set_attribute(Attribute("pads", std::move(own)));
      if (n->is("AveragePool")) n->set_attribute(Attribute("count_include_pad", int64_t{1}));
      n->set_input(0, pad->input(0));
      remove_unused(c, pad);
      ++changes;
    }
  });
  return changes;
}

}  // namespace jetline::passes

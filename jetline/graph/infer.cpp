#include "jetline/graph/infer.h"

#include "jetline/graph/inference.h"

namespace jetline {
namespace {

std::string macs_op_name(const Node& n) {
  return n.domain().empty() ? n.op() : n.domain() + "." + n.op();
}

struct MacSum {
  const Model& model;
  MacCount& count;
  ops::Facts facts;

  void graph(const Graph& g) {
    for (const auto& n : g.nodes()) node(*n);
  }
  void uncounted(const Node& n) {
    count.exact = false;
    ++count.uncounted_nodes;
    ++count.uncounted_ops[macs_op_name(n)];
  }
  void node(const Node& n) {
    const std::vector<Graph*> bodies = n.subgraphs();
    for (const Graph* body : bodies) graph(*body);
    if (!bodies.empty()) {
      // Which branch runs and how often is not known; each body stands in the sum once.
      for (const Graph* body : bodies) count.exact = count.exact && body->node_count() == 0;
      return;
    }
    const ops::Rule* rule = ops::find_rule(n);
    if (!rule) return uncounted(n);
    if (!rule->macs) return;
    const ops::Context context(n, model, facts, nullptr);
    const ops::Macs m = rule->macs(context);
    if (!m.known) return uncounted(n);
    count.batch_as_one = count.batch_as_one || m.batch_as_one;
    if (__builtin_add_overflow(count.macs, m.value, &count.macs)) {
      count.macs = INT64_MAX;
      count.exact = false;
    }
  }
};

}  // namespace

InferReport infer_shapes(Model& model) {
  ShapeInference run(model);
  run.graph(model.graph());
  return run.report();
}

MacCount count_macs(const Model& model) {
  MacCount count;
  MacSum sum{model, count, {}};
  sum.graph(model.graph());
  return count;
}

}  // namespace jetline

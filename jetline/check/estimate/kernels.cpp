#include "jetline/check/estimate/kernels.h"

#include <unordered_map>
#include <unordered_set>

#include "jetline/check/estimate/memory.h"
#include "jetline/check/facts.h"
#include "jetline/graph/ops/rules.h"

namespace jetline::check {
namespace {

constexpr int64_t kShapeElements = 64;  // integer tensors up to this many are shapes, computed on the host

struct KernelWalk {
  const Model& model;
  KernelPlan plan;
  ops::Facts facts;
  std::unordered_map<const Value*, size_t> made_by;      // value -> kernel that computes it
  std::unordered_map<const Value*, const Value*> views;  // view -> what it looks at
  std::unordered_map<const Value*, bool> feeds;
  std::vector<std::unordered_set<const Value*>> touched;  // per kernel: tensors read or written already

  bool shape_arithmetic(const Node& n) const {
    if (n.is("Shape") || n.is("Size") || n.is("Constant")) return true;
    for (const Value* v : n.outputs()) {
      if (!v || follows_from_weights(v)) continue;
      const auto size = size_of(v->type);
      if (!size || size->is_float || size->elements > kShapeElements) return false;
    }
    return true;
  }

  KernelKind kind(const Node& n) const {
    if (n.is("Conv") || n.is("ConvTranspose")) {
      if (n.int_or("group", 1) > 1) return KernelKind::kGrouped;
      const ValueType t = n.input(1) ? type_of(*n.input(1)) : ValueType();
      for (size_t i = 2; t.has_shape && i < t.shape.size(); ++i) {
        if (t.shape[i].value != 1) return KernelKind::kDense;
      }
      return KernelKind::kMatrix;
    }
    const ops::Rule* rule = ops::find_rule(n);
    return rule && rule->macs ? KernelKind::kMatrix : KernelKind::kMemory;
  }

  // Every use of `v` is element-wise. Asked once for each use, so the answer is kept.
  bool feeds_elementwise(const Value* v) {
    const auto [at, fresh] = feeds.try_emplace(v, true);
    if (fresh) {
      for (const Use& u : v->uses()) at->second = at->second && u.node && is_elementwise(*u.node);
    }
    return at->second;
  }

  // The kernel that an element-wise node joins, or none (the number of kernels).
  size_t joined(const Node& n) {
    for (const Value* v : n.inputs()) {
      const auto made = v ? made_by.find(v) : made_by.end();
      if (made != made_by.end() && feeds_elementwise(v)) return made->second;
    }
    return plan.kernels.size();
  }

  bool node(const Node& n) {
    if (!n.subgraphs().empty()) return false;
    if (shape_arithmetic(n)) return true;
    if (is_view(n)) {
      const Value *from = n.input(0), *to = n.output(0);
      if (!from || !to) return true;
      const auto at = views.find(from);
      views[to] = at == views.end() ? from : at->second;
      const auto made = made_by.find(from);
      if (made != made_by.end()) made_by[to] = made->second;
      return true;
    }
    const size_t k = is_elementwise(n) ? joined(n) : plan.kernels.size();
    for (const Value* v : n.outputs()) {
      if (v) made_by[v] = k;
    }
    if (k < plan.kernels.size()) {
      plan.kernels[k].nodes.push_back(&n);
      return true;
    }
    Kernel kernel;
    kernel.kind = kind(n);
    kernel.nodes = {&n};
    const ops::Rule* rule = ops::find_rule(n);
    if (!rule) return false;
    if (rule->macs) {
      const ops::Macs m = rule->macs(ops::Context(n, model, facts, nullptr));
      if (!m.known) return false;
      kernel.macs = static_cast<double>(m.value);
    }
    plan.kernels.push_back(std::move(kernel));
    return true;
  }

  // One tensor that crosses the edge of kernel k.
  bool touch(size_t k, const Value* v) {
    const auto at = views.find(v);
    const Value* root = at == views.end() ? v : at->second;
    if (!touched[k].insert(root).second) return true;
    const auto size = size_of(type_of(*v));
    if (!size) return false;
    plan.batch_as_one = plan.batch_as_one || size->batch_as_one;
    (size->is_float ? plan.kernels[k].float_elements : plan.kernels[k].other_bytes) += size->bytes(1);
    return true;
  }

  // Whether nothing but kernel k needs `v`, looked at through views too.
  bool stays_inside(size_t k, const Value* v) const {
    std::vector<const Value*> open = {v};
    while (!open.empty()) {
      v = open.back();
      open.pop_back();
      for (const Use& u : v->uses()) {
        const Value* out = u.node ? u.node->output(0) : nullptr;
        if (!out) return false;
        if (views.count(out)) {
          open.push_back(out);
          continue;
        }
        const auto made = made_by.find(out);
        if (made == made_by.end() || made->second != k) return false;
      }
    }
    return true;
  }

  bool traffic(size_t k) {
    const std::vector<const Node*> nodes = plan.kernels[k].nodes;
    for (const Node* n : nodes) {
      for (const Value* v : n->inputs()) {
        const auto made = v ? made_by.find(v) : made_by.end();
        if (v && (made == made_by.end() || made->second != k) && !touch(k, v)) return false;
      }
      for (const Value* v : n->outputs()) {
        if (v && !stays_inside(k, v) && !touch(k, v)) return false;
      }
    }
    return true;
  }
};

}  // namespace

KernelPlan plan_kernels(const Model& model) {
  KernelWalk walk{model, {}, {}, {}, {}, {}, {}};
  for (const auto& n : model.graph().nodes()) {
    if (walk.node(*n)) continue;
    walk.plan.unknown = n.get();
    return std::move(walk.plan);
  }
  walk.touched.resize(walk.plan.kernels.size());
  for (size_t k = 0; k < walk.plan.kernels.size() && !walk.plan.unknown; ++k) {
    if (!walk.traffic(k)) walk.plan.unknown = walk.plan.kernels[k].nodes[0];
  }
  return std::move(walk.plan);
}

}  // namespace jetline::check

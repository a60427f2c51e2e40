#include "jetline/passes/layout/apply.h"

#include <algorithm>
#include <map>

namespace jetline::passes {
namespace {

class LayoutChange {
 public:
  LayoutChange(PassContext& c, const LayoutRegion& region, const std::vector<char>& choice,
               std::unordered_set<Node*>& made)
      : c_(c), g_(region.graph()), region_(region), choice_(choice), made_(made) {}

  Status run() {
    plan_sources();
    for (size_t i = 0; i < region_.nodes().size(); ++i) {
      if (changed(i)) JETLINE_RETURN_IF_ERROR(rewrite_node(i));
    }
    for (size_t i = 0; i < region_.nodes().size(); ++i) {
      if (changed(i)) retype_node(i);
    }
    for (const Plan& p : plans_) JETLINE_RETURN_IF_ERROR(rewire(p));
    for (size_t i = 0; i < region_.nodes().size(); ++i) {
      if (changed(i)) JETLINE_RETURN_IF_ERROR(settle_inputs(i));
    }
    for (Node* n : region_.covered()) old_.insert(n);
    for (Node* n : std::vector<Node*>(old_.begin(), old_.end())) forget_if_gone(n);
    return Status();
  }

 private:
  struct Plan {
    const RegionSource* source;
    ValueType type;  // as it was
    Perm stored;
    std::vector<Perm> wanted;  // one a use
  };

  bool changed(size_t i) const { return choice_[i] != region_.nodes()[i].current; }
  const LayoutPorts& ports(size_t i) const { return region_.nodes()[i].ports[static_cast<int>(choice_[i])]; }

  void plan_sources() {
    for (const RegionSource& s : region_.sources()) {
      Plan p{&s, s.v->type, region_.stored(s, choice_), {}};
      bool same = is_identity(p.stored);
      for (const RegionUse& u : s.uses) {
        p.wanted.push_back(region_.wanted(u, choice_));
        same = same && p.wanted.back() == u.seen;
      }
      if (!same) plans_.push_back(std::move(p));
    }
  }

  Status rewrite_node(size_t i) {
    const RegionNode& r = region_.nodes()[i];
    return r.rule->apply ? r.rule->apply(c_, *r.n, r.label[static_cast<int>(choice_[i])]) : Status();
  }

  void retype_node(size_t i) {
    Node* n = region_.nodes()[i].n;
    for (size_t k = 0; k < n->outputs().size(); ++k) {
      Value* v = n->output(k);
      if (!v || ports(i).out[k].empty()) continue;
      v->type = permuted_type(v->type, ports(i).out[k]);
      c_.inference.forget(v);
    }
  }

  // Transpose of `v`, which is the plan's value in the order `from`, right behind its producer, or first in
  // the graph.
  Value* transposed(const Plan& p, Value* v, const Perm& from, const Perm& wanted) {
    Node* producer = v->producer() && v->producer()->graph() == &g_ ? v->producer() : nullptr;
    Node* at = producer ? producer : g_.nodes().empty() ? nullptr : g_.nodes().front().get();
    Value* t = add_before(c_, g_, "Transpose", {v}, p.source->v->name() + "_transposed", at);
    if (producer) g_.move_before(producer, t->producer());
    set_perm(*t->producer(), compose(inverse(from), wanted));
    t->type = permuted_type(p.type, wanted);
    made_.insert(t->producer());
    return t;
  }

  Status rewire(const Plan& p) {
    std::vector<std::pair<Perm, Value*>> ready = {{p.stored, p.source->v}};
    const auto in_order = [&](const Perm& wanted) {
      // From the order in which it is stored, or from one that has the same order in memory.
      size_t from = 0;
      for (size_t i = 0; i < ready.size(); ++i) {
        if (ready[i].first == wanted) return ready[i].second;
        const Perm step = compose(inverse(ready[i].first), wanted);
        if (moves_no_data(step, permuted_type(p.type, ready[i].first))) from = i;
      }
      Value* made = transposed(p, ready[from].second, ready[from].first, wanted);
      ready.emplace_back(wanted, made);
      return ready.back().second;
    };
    // Nodes first: then the values that were outputs have no other use left.
    for (int round = 0; round < 2; ++round) {
      for (size_t i = 0; i < p.source->uses.size(); ++i) {
        const Use& u = p.source->uses[i].use;
        if ((u.node != nullptr) != (round == 0)) continue;
        const size_t index = static_cast<size_t>(u.index);
        Value* old = u.node ? u.node->input(index) : u.graph->outputs()[index];
        if (const Node* t = old ? old->producer() : nullptr; t && t->is("Transpose") && t->graph() == &g_) {
          old_.insert(old->producer());
        }
        Value* now = in_order(p.wanted[i]);
        if (now == old) continue;
        if (u.node) {
          u.node->set_input(index, now);
        } else if (u.graph != &g_) {
          u.graph->set_output(index, now);
        } else {
          JETLINE_RETURN_IF_ERROR(give_output(index, old, now, p));
        }
      }
    }
    return Status();
  }

  // Output `index` of the graph was `old` and becomes `now`, under the same public name and declared type.
  Status give_output(size_t index, Value* old, Value* now, const Plan& p) {
    const auto moved = outputs_.find(old);
    if (moved != outputs_.end()) {
      g_.set_output(index, moved->second);
      return Status();
    }
    if (!now->producer() || now->graph() != &g_ || now->is_output()) {
      Node* at = now->producer() && now->graph() == &g_ ? now->producer() : nullptr;
      Value* same = add_before(c_, g_, "Identity", {now}, now->name(), at ? at : g_.nodes().front().get());
      if (at) g_.move_before(at, same->producer());
      same->type = now->type;
      now = same;
    }
    const ValueType declared = old == p.source->v ? p.type : old->type;
    const std::string name = old->name();
    JETLINE_RETURN_IF_ERROR(g_.rename(old, g_.unique_name(name)));
    JETLINE_RETURN_IF_ERROR(g_.rename(now, name));
    now->type = declared;
    std::swap(now->doc, old->doc);
    std::swap(now->metadata, old->metadata);
    g_.set_output(index, now);
    outputs_[old] = now;
    return Status();
  }

  // Constants at data ports, and inputs of fewer axes.
  Status settle_inputs(size_t i) {
    const RegionNode& r = region_.nodes()[i];
    for (size_t k = 0; k < r.inputs.size(); ++k) {
      const Perm& p = ports(i).in[k];
      const auto& [source, seen] = r.inputs[k];
      if (!source || p.empty()) continue;
      Value* now = r.n->input(k);
      if (const Node* t = now->producer(); t && t->is("Transpose") && t->graph() == &g_) {
        old_.insert(now->producer());
      }
      if (constant_of(source)) {
        JETLINE_ASSIGN_OR_RETURN(Value * constant, permuted_constant(source, seen, p));
        r.n->set_input(k, constant);
      } else if (p.size() != seen.size()) {
        r.n->set_input(k, widened(now, p, r.n));
      }
    }
    return Status();
  }

  Result<Value*> permuted_constant(Value* source, const Perm& seen, const Perm& p) {
    const auto key = std::make_pair(source, std::make_pair(seen, p));
    const auto it = constants_.find(key);
    if (it != constants_.end()) return it->second;
    JETLINE_ASSIGN_OR_RETURN(Tensor t, permuted_tensor(*source->initializer(), seen));
    std::vector<int64_t> dims = t.dims();
    dims.insert(dims.begin(), p.size() - dims.size(), 1);
    JETLINE_ASSIGN_OR_RETURN(t, t.reshaped(dims));
    JETLINE_ASSIGN_OR_RETURN(t, permuted_tensor(t, p));
    Value* v = add_constant(g_, std::move(t), source->name());
    constants_.emplace(key, v);
    return v;
  }

  // Axes of size 1 in front, then the permutation.
  Value* widened(Value* v, const Perm& p, Node* user) {
    const size_t more = p.size() - v->type.shape.size();
    std::vector<int64_t> axes;
    for (size_t a = 0; a < more; ++a) axes.push_back(static_cast<int64_t>(a));
    Value* wide = add_before(c_, g_, "Unsqueeze", {v}, v->name() + "_wide", user);
    if (c_.opset < 13) {
      wide->producer()->set_attribute(Attribute("axes", axes));
    } else {
      wide->producer()->set_input(1, add_ints(g_, axes, v->name() + "_axes"));
    }
    wide->type = v->type;
    wide->type.shape.insert(wide->type.shape.begin(), more, Dim(1));
    if (is_identity(p)) return wide;
    Value* t = add_before(c_, g_, "Transpose", {wide}, v->name() + "_transposed", user);
    set_perm(*t->producer(), p);
    t->type = permuted_type(wide->type, p);
    made_.insert(t->producer());
    return t;
  }

  // Removes an old Transpose that lost its users, and those before it.
  void forget_if_gone(Node* n) {
    std::vector<Node*> chain;
    while (old_.count(n) && n->output(0)->uses().empty()) {
      Node* before = n->input(0)->producer();
      old_.erase(n);
      c_.inference.forget(n->output(0));
      if (!g_.remove(n).ok()) return;
      n = before;
      Perm p;
      if (!layout_transpose(g_, n, p)) return;
      if (n->output(0)->uses().empty()) old_.insert(n);
    }
  }

  PassContext& c_;
  Graph& g_;
  const LayoutRegion& region_;
  const std::vector<char>& choice_;
  std::unordered_set<Node*>& made_;
  std::vector<Plan> plans_;
  std::unordered_set<Node*> old_;
  std::map<Value*, Value*> outputs_;
  std::map<std::pair<Value*, std::pair<Perm, Perm>>, Value*> constants_;
};

}  // namespace

Status apply_layout(PassContext& c, const LayoutRegion& region, const std::vector<char>& choice,
                    std::unordered_set<Node*>& made) {
  return LayoutChange(c, region, choice, made).run();
}

}  // namespace jetline::passes

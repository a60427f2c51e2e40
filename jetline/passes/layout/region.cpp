#include "jetline/passes/layout/region.h"

#include <algorithm>

namespace jetline::passes {
namespace {

bool region_fits(const Value* v, const Perm& p) {
  return p.empty() || rank_of(v) == static_cast<int>(p.size());
}

// Data ports must have known ranks, and constants there must be permutable.
bool region_sound(const Node& n, const LayoutPorts& ports) {
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    const Value* v = n.input(i);
    if (!v || ports.in[i].empty()) continue;
    if (rank_of(v) < 0 || rank_of(v) > static_cast<int>(ports.in[i].size())) return false;
    if (constant_of(v) && dtype_bits(v->initializer()->dtype()) < 8) return false;
  }
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    if (n.output(i) && !region_fits(n.output(i), ports.out[i])) return false;
  }
  return true;
}

}  // namespace

bool layout_transpose(const Graph& g, const Node* n, Perm& p) {
  return n && n->graph() == &g && transpose_perm(*n, p) && rank_of(n->input(0)) == static_cast<int>(p.size());
}

std::pair<Value*, Perm> LayoutRegion::resolve(Value* v) const {
  Perm seen = identity_perm(static_cast<size_t>(std::max(rank_of(v), 0))), p;
  while (layout_transpose(g_, v->producer(), p)) {
    seen = compose(p, seen);
    v = v->producer()->input(0);
  }
  return {v, std::move(seen)};
}

void LayoutRegion::find_uses(RegionSource& s) {
  std::vector<std::pair<Value*, Perm>> pending = {{s.v, identity_perm(s.frame[0].size())}};
  while (!pending.empty()) {
    auto [v, seen] = std::move(pending.back());
    pending.pop_back();
    for (const Use& u : v->uses()) {
      Perm p;
      if (!u.node || !layout_transpose(g_, u.node, p)) {
        s.uses.push_back({u, seen, -1});
        continue;
      }
      const Perm after = compose(seen, p);
      if ((seen == s.frame[0] && after == s.frame[1]) || (seen == s.frame[1] && after == s.frame[0])) {
        covered_.insert(u.node);
      }
      pending.emplace_back(u.node->output(0), after);
    }
  }
}

bool LayoutRegion::add_source(Value* v, const Perm& f0, const Perm& f1) {
  if (f0 == f1 || constant_of(v) || rank_of(v) != static_cast<int>(f0.size()) || source_index_.count(v)) {
    return false;
  }
  source_index_.emplace(v, static_cast<int>(sources_.size()));
  RegionSource s;
  s.v = v;
  s.frame[0] = f0;
  s.frame[1] = f1;
  find_uses(s);
  sources_.push_back(std::move(s));
  return true;
}

void LayoutRegion::add_node(Node* n, Perm l0, Perm l1) {
  if (l0 == l1 || node_index_.count(n) || n->graph() != &g_ || --budget_ < 0) return;
  if (!is_identity(l0) && !is_identity(l1)) return;  // it stands in neither frame
  RegionNode r;
  r.n = n;
  r.rule = layout_rule(*n);
  r.current = is_identity(l0) ? 0 : 1;
  r.label[0] = std::move(l0);
  r.label[1] = std::move(l1);
  const LayoutNode view{*n, opset_};
  for (int k = 0; k < 2; ++k) {
    r.ports[k].in.resize(n->inputs().size());
    r.ports[k].out.resize(n->outputs().size());
    if (!r.rule->ports(view, r.label[k], r.ports[k]) || !region_sound(*n, r.ports[k])) return;
  }
  for (Value* v : n->inputs()) {
    r.inputs.push_back(v && v->type.has_shape ? resolve(v) : std::pair<Value*, Perm>{v, {}});
  }
  node_index_.emplace(n, static_cast<int>(nodes_.size()));
  nodes_.push_back(std::move(r));
}

void LayoutRegion::follow_source(size_t index) {
  Value* v = sources_[index].v;
  Node* producer = v->producer();
  Perm labels[2];
  const auto offer = [&](Node* n, bool output, size_t port, const Perm& w0, const Perm& w1) {
    const LayoutRule* rule = layout_rule(*n);
    if (!rule || node_index_.count(n)) return;
    const LayoutNode view{*n, opset_};
    const auto from = output ? rule->from_output : rule->from_input;
    const Perm* wanted[2] = {&w0, &w1};
    for (int k = 0; k < 2; ++k) {
      labels[k] = *wanted[k];
      if (from && !from(view, port, *wanted[k], labels[k])) return;
    }
    add_node(n, labels[0], labels[1]);
  };
  if (producer && producer->graph() == &g_) {
    offer(producer, true, static_cast<size_t>(v->producer_output()), sources_[index].frame[0],
          sources_[index].frame[1]);
  }
  for (size_t i = 0; i < sources_[index].uses.size(); ++i) {
    const RegionUse u = sources_[index].uses[i];
    if (!u.use.node || u.use.node->graph() != &g_) continue;
    const Perm back = inverse(u.seen);
    offer(u.use.node, false, static_cast<size_t>(u.use.index), compose(back, sources_[index].frame[0]),
          compose(back, sources_[index].frame[1]));
  }
}

void LayoutRegion::follow_node(size_t index) {
  const RegionNode r = nodes_[index];
  for (size_t i = 0; i < r.n->outputs().size(); ++i) {
    Value* v = r.n->output(i);
    if (v && !r.ports[0].out[i].empty()) add_source(v, r.ports[0].out[i], r.ports[1].out[i]);
  }
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    const auto& [v, seen] = r.inputs[i];
    const Perm &p0 = r.ports[0].in[i], &p1 = r.ports[1].in[i];
    if (!v || p0.size() != seen.size() || p1.size() != seen.size() || seen.empty()) continue;
    add_source(v, compose(seen, p0), compose(seen, p1));
  }
}

bool LayoutRegion::grow(Node* seed, int64_t& budget) {
  Perm p;
  if (!layout_transpose(g_, seed, p)) return false;
  budget_ = budget;
  const auto [v, after] = resolve(seed->output(0));
  const Perm before = resolve(seed->input(0)).second;
  if (!add_source(v, before, after)) return false;
  for (size_t s = 0, n = 0; s < sources_.size() || n < nodes_.size();) {
    if (s < sources_.size()) {
      follow_source(s++);
    } else {
      follow_node(n++);
    }
  }
  for (RegionSource& s : sources_) {
    const Node* producer = s.v->producer();
    const auto it = producer ? node_index_.find(producer) : node_index_.end();
    if (it != node_index_.end()) s.producer = it->second;
    for (RegionUse& u : s.uses) {
      const auto user = u.use.node ? node_index_.find(u.use.node) : node_index_.end();
      if (user != node_index_.end()) u.node = user->second;
    }
  }
  budget = budget_;
  return !nodes_.empty();
}

Perm LayoutRegion::stored(const RegionSource& s, const std::vector<char>& choice) const {
  if (s.producer >= 0) {
    const RegionNode& r = nodes_[static_cast<size_t>(s.producer)];
    const Perm& p = r.ports[static_cast<int>(choice[static_cast<size_t>(s.producer)])]
                        .out[static_cast<size_t>(s.v->producer_output())];
    if (!p.empty()) return p;
  }
  return identity_perm(s.frame[0].size());
}

Perm LayoutRegion::wanted(const RegionUse& u, const std::vector<char>& choice) const {
  if (u.node >= 0) {
    const RegionNode& r = nodes_[static_cast<size_t>(u.node)];
    const Perm& p =
        r.ports[static_cast<int>(choice[static_cast<size_t>(u.node)])].in[static_cast<size_t>(u.use.index)];
    if (p.size() == u.seen.size()) return compose(u.seen, p);
  }
  return u.seen;
}

std::vector<char> LayoutRegion::current() const {
  std::vector<char> out;
  for (const RegionNode& r : nodes_) out.push_back(static_cast<char>(r.current));
  return out;
}

}  // namespace jetline::passes

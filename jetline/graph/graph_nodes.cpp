// The node list of a Graph: adding, removing, moving, dead code, order.
#include <algorithm>
#include <queue>
#include <unordered_set>

#include "jetline/graph/graph.h"
#include "jetline/graph/graph_walk.h"

namespace jetline {

std::vector<Node*> Graph::node_list() const {
  std::vector<Node*> out;
  out.reserve(nodes_.size());
  for (const auto& n : nodes_) out.push_back(n.get());
  return out;
}

Node* Graph::add_node(std::string op, std::vector<Value*> inputs, Node* before, std::string domain) {
  const auto at = nodes_.insert(before ? before->where_ : nodes_.end(), std::unique_ptr<Node>(new Node()));
  Node* node = at->get();
  node->where_ = at;
  node->graph_ = this;
  node->set_op(std::move(op), std::move(domain));
  node->inputs_ = std::move(inputs);
  for (size_t i = 0; i < node->inputs_.size(); ++i) {
    add_use(node->inputs_[i], {node, this, static_cast<int>(i)});
  }
  return node;
}

Value* Graph::add_op(std::string op, std::vector<Value*> inputs, std::string_view name, Node* before) {
  Node* node = add_node(std::move(op), std::move(inputs), before);
  node->name = name;
  return node->add_output(unique_name(name));
}

Status Graph::remove(Node* node) {
  for (Value* v : node->outputs_) {
    if (v && !v->uses().empty()) {
      return Status::internal("graph.in-use",
                              "output '" + v->name() + "' of node '" + node->name + "' is still used");
    }
  }
  for (Value* v : node->outputs_) {
    if (v) erase_value(v);
  }
  node->outputs_.clear();
  nodes_.erase(node->where_);
  return Status();
}

void Graph::move_before(Node* node, Node* before) {
  if (node == before) return;
  nodes_.splice(before ? before->where_ : nodes_.end(), nodes_, node->where_);
}

size_t Graph::remove_dead() {
  size_t removed = 0;
  // Backwards: once the users of a node are gone it is seen to be dead itself. Subgraphs first for the same
  // reason: what they no longer use stands before them.
  for (auto it = nodes_.end(); it != nodes_.begin();) {
    Node* node = std::prev(it)->get();
    const bool dead =
        !node->outputs_.empty() && std::all_of(node->outputs_.begin(), node->outputs_.end(),
                                               [](const Value* v) { return !v || v->uses().empty(); });
    if (dead) {
      if (!remove(node).ok()) --it;
      ++removed;
      continue;
    }
    for (Graph* sub : node->subgraphs()) removed += sub->remove_dead();
    --it;
  }
  for (Value* v : std::vector<Value*>(initializers_)) {
    if (v->uses().empty() && !v->is_input()) (void)remove_initializer(v).ok();
  }
  return removed;
}

Status Graph::topological_sort() {
  std::unordered_map<const Node*, size_t> position;
  std::vector<Node*> order = node_list();
  for (size_t i = 0; i < order.size(); ++i) position.emplace(order[i], i);

  // before[i]: nodes of this graph that node i waits for, through its own inputs or those of its subgraphs.
  std::vector<std::vector<size_t>> after(order.size());
  std::vector<size_t> waits(order.size(), 0);
  bool sorted = true;
  for (size_t i = 0; i < order.size(); ++i) {
    std::unordered_set<size_t> seen;
    for_each_used_value(*order[i], [&](const Value& v) {
      if (v.graph() != this || !v.producer()) return;
      const size_t p = position.at(v.producer());
      if (p >= i) sorted = false;
      if (!seen.insert(p).second) return;
      after[p].push_back(i);
      ++waits[i];
    });
  }
  if (!sorted) {
    std::priority_queue<size_t, std::vector<size_t>, std::greater<size_t>> ready;
    for (size_t i = 0; i < order.size(); ++i) {
      if (waits[i] == 0) ready.push(i);
    }
    std::vector<size_t> sequence;
    while (!ready.empty()) {
      const size_t i = ready.top();
      ready.pop();
      sequence.push_back(i);
      for (size_t user : after[i]) {
        if (--waits[user] == 0) ready.push(user);
      }
    }
    if (sequence.size() != order.size()) {
      const size_t stuck = static_cast<size_t>(
          std::find_if(waits.begin(), waits.end(), [](size_t w) { return w > 0; }) - waits.begin());
      const Node& n = *order[stuck];
      const Value* out = n.output(0);
      return Status::bad_input("graph.cycle", "the graph has a cycle: " + n.op() + " node '" +
                                                  (n.name.empty() && out ? out->name() : n.name) +
                                                  "' needs its own result");
    }
    for (size_t i : sequence) move_before(order[i], nullptr);
  }
  for (const auto& node : nodes_) {
    for (Graph* sub : node->subgraphs()) JETLINE_RETURN_IF_ERROR(sub->topological_sort());
  }
  return Status();
}

}  // namespace jetline

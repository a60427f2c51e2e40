#include "jetline/picture/tree.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "jetline/base/strings.h"
#include "jetline/graph/graph_walk.h"

namespace jetline::picture {
namespace {

bool is_constant_node(const Node& n) {
  return n.is("Constant");
}

int nodes_below(const Node& n) {
  int count = 0;
  for (const Graph* g : n.subgraphs()) {
    for_each_graph(*g, [&](const Graph& sub) { count += static_cast<int>(sub.node_count()); });
  }
  return count;
}

class TreeBuilder {
 public:
  TreeBuilder(const Model& model, const PictureOptions& options) : graph_(model.graph()), options_(options) {}

  Tree build() {
    tree_.items.emplace_back();
    tree_.items[0].kind = Item::Kind::kGroup;
    tree_.items[0].open = true;
    for (const Value* v : graph_.free_inputs()) {
      const int i = port(Item::Kind::kInput, "input ", *v);
      made_[v] = i;
    }
    for (const auto& n : graph_.nodes()) {
      if (!is_constant_node(*n)) add_node(*n);
    }
    for (const Value* v : graph_.outputs()) {
      const int i = port(Item::Kind::kOutput, "output ", *v);
      connect(v, i);
    }
    finish_legend();
    return std::move(tree_);
  }

 private:
  int leaf(Item::Kind kind, const std::string& title, const std::string& subtitle, const std::string& css) {
    Item item;
    item.kind = kind;
    item.parent = 0;
    item.title = title;
    item.subtitle = subtitle;
    item.css = css;
    item.nodes = kind == Item::Kind::kNode ? 1 : 0;
    const int index = static_cast<int>(tree_.items.size());
    tree_.items.push_back(std::move(item));
    tree_.items[0].children.push_back(index);
    used_css_.insert(css);
    return index;
  }

  int port(Item::Kind kind, const char* what, const Value& v) {
    NodeStyle style;
    if (options_.port_style) style = options_.port_style(v);
    if (style.css.empty()) style.css = "port";
    const int i = leaf(kind, what + v.name(), shape_text(v.type), style.css);
    Item& item = tree_.items[static_cast<size_t>(i)];
    item.note = style.label;
    item.tooltip = style.tooltip;
    item.severity = style.severity;
    return i;
  }

  void add_node(const Node& n) {
    const NodeStyle style = options_.style ? options_.style(n) : default_style(n);
    const int i = leaf(Item::Kind::kNode, node_title(n), node_subtitle(n), style.css);
    Item& item = tree_.items[static_cast<size_t>(i)];
    item.node = &n;
    item.note = style.label;
    item.tooltip = style.tooltip;
    item.severity = style.severity;
    item.params = node_params(n);
    item.subgraph_nodes = nodes_below(n);
    if (item.subgraph_nodes > 0) {
      item.note += (item.note.empty() ? "" : ", ") + std::to_string(item.subgraph_nodes) + " nodes inside";
    }
    ++tree_.node_count;
    for_each_used_value(n, [&](const Value& v) { connect(&v, i); });
    for (const Value* v : n.outputs()) {
      if (v) made_[v] = i;
    }
  }

  void connect(const Value* v, int to) {
    const auto made = made_.find(v);
    if (made == made_.end()) return;  // a constant, or a value inside a subgraph
    const auto [it, fresh] = wires_.emplace(v, tree_.wires.size());
    if (fresh) {
      Wire w;
      w.name = v->name();
      w.shape = shape_text(v->type);
      w.from = made->second;
      tree_.wires.push_back(std::move(w));
    }
    std::vector<int>& ends = tree_.wires[it->second].to;
    if (std::find(ends.rbegin(), ends.rend(), to) == ends.rend() || ends.size() > 1000) ends.push_back(to);
  }

  void finish_legend() {
    const std::vector<LegendEntry>& all = options_.style ? options_.legend : default_legend();
    for (const LegendEntry& e : all) {
      if (used_css_.count(e.css)) tree_.legend.push_back(e);
    }
    if (options_.style && used_css_.count("port")) tree_.legend.push_back(default_legend().back());
  }

  const Graph& graph_;
  const PictureOptions& options_;
  Tree tree_;
  std::unordered_map<const Value*, int> made_;
  std::unordered_map<const Value*, size_t> wires_;
  std::set<std::string> used_css_;
};

}  // namespace

Tree build_tree(const Model& model, const PictureOptions& options) {
  Tree tree = TreeBuilder(model, options).build();
  tree.title = !options.title.empty() ? options.title : model.graph().name;
  if (tree.title.empty()) tree.title = "model";
  tree.subtitle = options.subtitle;
  return tree;
}

}  // namespace jetline::picture

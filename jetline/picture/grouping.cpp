// Which nodes share a box. By scope: the parts of a name between slashes, as frameworks write them. By
// structure: a node that does real work begins a block and what merely follows it joins; blocks of one
// resolution make a stage. A node joins the latest block among those that it reads, so that wires between
// blocks only ever lead from earlier to later ones: groups never form a cycle.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "jetline/base/strings.h"
#include "jetline/picture/tree.h"

namespace jetline::picture {
namespace {

constexpr size_t kMaxBlock = 12, kMaxStage = 64, kMaxLevel = 260;
constexpr double kNamedShare = 0.7, kBackwardShare = 0.08;

Item& item_at(Tree& t, int i) {
  return t.items[static_cast<size_t>(i)];
}

int new_group(Tree& t, int parent, const std::string& title) {
  Item g;
  g.kind = Item::Kind::kGroup;
  g.parent = parent;
  g.title = title;
  g.nodes = 0;
  t.items.push_back(std::move(g));
  return static_cast<int>(t.items.size()) - 1;
}

// --- by scope

std::vector<std::string> scopes_of(const std::string& name) {
  std::vector<std::string> parts;
  for (std::string& p : split(name, '/')) {
    if (!p.empty()) parts.push_back(std::move(p));
  }
  if (!parts.empty()) parts.pop_back();
  if (parts.size() > 12) parts.resize(12);
  return parts;
}

void group_by_scope(Tree& t, const std::vector<int>& leaves) {
  std::map<std::pair<int, std::string>, int> groups;
  item_at(t, 0).children.clear();
  for (int leaf : leaves) {
    int parent = 0;
    std::string path;
    if (item_at(t, leaf).node) {
      for (const std::string& part : scopes_of(item_at(t, leaf).node->name)) {
        path += (path.empty() ? "" : "/") + part;
        const auto [it, fresh] = groups.emplace(std::make_pair(parent, part), 0);
        if (fresh) {
          it->second = new_group(t, parent, part);
          item_at(t, it->second).path = path;
          item_at(t, parent).children.push_back(it->second);
        }
        parent = it->second;
      }
    }
    item_at(t, leaf).parent = parent;
    item_at(t, parent).children.push_back(leaf);
  }
}

// Groups of one child give way to it; a chain of scopes becomes one title.
void dissolve_small(Tree& t, int group) {
  std::vector<int> kept;
  for (int c : item_at(t, group).children) {
    if (item_at(t, c).kind == Item::Kind::kGroup) {
      dissolve_small(t, c);
      while (item_at(t, c).kind == Item::Kind::kGroup && item_at(t, c).children.size() == 1) {
        const int only = item_at(t, c).children[0];
        if (item_at(t, only).kind == Item::Kind::kGroup) {
          item_at(t, only).title = item_at(t, c).title + "/" + item_at(t, only).title;
        }
        item_at(t, only).parent = group;
        item_at(t, c).children.clear();
        c = only;
      }
    }
    kept.push_back(c);
  }
  item_at(t, group).children = kept;
}

// The share of wires that lead from a later box to an earlier one, on whatever level they are drawn.
double backward_share(const Tree& t) {
  std::vector<int> depth(t.items.size(), 0), first(t.items.size(), INT32_MAX);
  for (size_t i = 1; i < t.items.size(); ++i) {
    if (t.items[i].kind == Item::Kind::kGroup) continue;
    for (int k = static_cast<int>(i); k >= 0; k = t.items[static_cast<size_t>(k)].parent) {
      first[static_cast<size_t>(k)] = std::min(first[static_cast<size_t>(k)], static_cast<int>(i));
    }
  }
  const auto depth_of = [&](int i) {
    int d = 0;
    for (; i > 0; i = t.items[static_cast<size_t>(i)].parent) ++d;
    return d;
  };
  int64_t all = 0, backward = 0;
  for (const Wire& w : t.wires) {
    for (int to : w.to) {
      int a = w.from, b = to;
      int da = depth_of(a), db = depth_of(b);
      for (; da > db; --da) a = t.items[static_cast<size_t>(a)].parent;
      for (; db > da; --db) b = t.items[static_cast<size_t>(b)].parent;
      while (t.items[static_cast<size_t>(a)].parent != t.items[static_cast<size_t>(b)].parent) {
        a = t.items[static_cast<size_t>(a)].parent;
        b = t.items[static_cast<size_t>(b)].parent;
      }
      ++all;
      backward += first[static_cast<size_t>(a)] > first[static_cast<size_t>(b)];
    }
  }
  return all ? static_cast<double>(backward) / static_cast<double>(all) : 0;
}

bool names_have_scopes(const Tree& t, const std::vector<int>& leaves) {
  int nodes = 0, named = 0;
  std::set<std::string> scopes;
  for (int i : leaves) {
    const Node* n = t.items[static_cast<size_t>(i)].node;
    if (!n) continue;
    ++nodes;
    const size_t slash = n->name.rfind('/');
    if (slash == std::string::npos || slash == 0) continue;
    ++named;
    scopes.insert(n->name.substr(0, slash));
  }
  return nodes > 0 && named >= kNamedShare * nodes && scopes.size() >= 3 &&
         scopes.size() * 2 <= static_cast<size_t>(nodes) + 1;
}

// --- by structure

bool begins_block(const Node& n) {
  static const std::set<std::string> kWork = {"Conv",
                                              "ConvTranspose",
                                              "Gemm",
                                              "MatMul",
                                              "MaxPool",
                                              "AveragePool",
                                              "GlobalAveragePool",
                                              "Resize",
                                              "Upsample",
                                              "Concat",
                                              "Split",
                                              "Einsum",
                                              "LSTM",
                                              "GRU",
                                              "RNN",
                                              "NonMaxSuppression",
                                              "TopK",
                                              "QLinearConv",
                                              "ConvInteger",
                                              "If",
                                              "Loop",
                                              "Scan"};
  return !n.domain().empty() || kWork.count(n.op()) > 0;
}

std::string resolution_of(const Item& item) {
  const Value* v = item.node ? item.node->output(0) : nullptr;
  if (!v || !v->type.is_tensor() || v->type.shape.size() != 4) return "";
  return to_string(v->type.shape[2]) + "×" + to_string(v->type.shape[3]);
}

// "Conv 3×3 + BatchNormalization + Relu": what begins the block, and the operators that follow.
std::string block_title(const Tree& t, const std::vector<int>& children) {
  std::string s = t.items[static_cast<size_t>(children[0])].title;
  std::vector<std::string> ops = {t.items[static_cast<size_t>(children[0])].node->op()};
  for (int c : children) {
    std::string op = t.items[static_cast<size_t>(c)].node->op();
    if (std::find(ops.begin(), ops.end(), op) != ops.end()) continue;
    if (ops.size() == 4) return s + " …";
    ops.push_back(op);
    if (op == "BatchNormalization") op = "BatchNorm";
    s += " + " + op;
  }
  return s;
}

// Puts every member of `members` in the group of the latest member group that it reads, when `joins` agrees,
// else in a new one. Gives the group of each item.
template <typename Joins>
std::vector<std::vector<int>> grow(const Tree& t, const std::vector<int>& members,
                                   const std::vector<std::vector<int>>& reads, const Joins& joins) {
  std::vector<int> group_of(t.items.size(), -1);
  std::vector<std::vector<int>> groups;
  for (int m : members) {
    int latest = -1;
    for (int from : reads[static_cast<size_t>(m)])
      latest = std::max(latest, group_of[static_cast<size_t>(from)]);
    if (latest < 0 || !joins(groups[static_cast<size_t>(latest)], m)) {
      latest = static_cast<int>(groups.size());
      groups.emplace_back();
    }
    group_of[static_cast<size_t>(m)] = latest;
    groups[static_cast<size_t>(latest)].push_back(m);
  }
  return groups;
}

std::vector<std::vector<int>> reads_between(const Tree& t, const std::vector<int>& representative) {
  std::vector<std::vector<int>> reads(t.items.size());
  for (const Wire& w : t.wires) {
    const int from = representative[static_cast<size_t>(w.from)];
    for (int to : w.to) {
      const int at = representative[static_cast<size_t>(to)];
      if (from >= 0 && at >= 0 && from != at) reads[static_cast<size_t>(at)].push_back(from);
    }
  }
  return reads;
}

void group_by_structure(Tree& t, const std::vector<int>& leaves) {
  std::vector<int> nodes, self(t.items.size(), -1);
  for (int i : leaves) {
    if (!item_at(t, i).node) continue;
    nodes.push_back(i);
    self[static_cast<size_t>(i)] = i;
  }
  const auto blocks = grow(t, nodes, reads_between(t, self), [&](const std::vector<int>& block, int m) {
    return block.size() < kMaxBlock && !begins_block(*item_at(t, m).node);
  });
  // Blocks as items, then stages of them.
  std::vector<int> block_items;
  std::map<int, std::string> resolution;
  for (const std::vector<int>& block : blocks) {
    int b = block[0];
    if (block.size() > 1) {
      b = new_group(t, 0, block_title(t, block));
      item_at(t, b).block = true;
      item_at(t, b).children = block;
      for (int leaf : block) item_at(t, leaf).parent = b;
    }
    block_items.push_back(b);
    std::string& r = resolution[b];
    for (int leaf : block) {
      const std::string at = resolution_of(item_at(t, leaf));
      r = at.empty() && item_at(t, leaf).node->op() != "Conv" ? "" : at;
    }
  }
  std::vector<int> representative(t.items.size(), -1);
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (int leaf : blocks[i]) representative[static_cast<size_t>(leaf)] = block_items[i];
  }
  const auto stages =
      grow(t, block_items, reads_between(t, representative), [&](const std::vector<int>& stage, int b) {
        return stage.size() < kMaxStage && resolution[stage[0]] == resolution[b];
      });
  std::vector<int> top;
  for (const std::vector<int>& stage : stages) {
    if (stage.size() < 3) {
      top.insert(top.end(), stage.begin(), stage.end());
      continue;
    }
    const std::string& r = resolution[stage[0]];
    const int s = new_group(t, 0, r.empty() ? "tail" : "at " + r);
    item_at(t, s).children = stage;
    for (int b : stage) item_at(t, b).parent = s;
    top.push_back(s);
  }
  // Inputs first, outputs last.
  std::vector<int> children;
  for (int i : leaves) {
    if (item_at(t, i).kind == Item::Kind::kInput) children.push_back(i);
  }
  children.insert(children.end(), top.begin(), top.end());
  for (int i : leaves) {
    if (item_at(t, i).kind == Item::Kind::kOutput) children.push_back(i);
  }
  item_at(t, 0).children = children;
}

// Levels that nobody could read are cut into runs of what is computed one after the other.
void cut_into_parts(Tree& t, int group) {
  for (int guard = 0; guard < 4 && item_at(t, group).children.size() > kMaxLevel; ++guard) {
    const std::vector<int> all = item_at(t, group).children;
    size_t size = 2;
    while (size * size < all.size()) ++size;
    size = std::min<size_t>(size, kMaxLevel / 4);
    std::vector<int> top, run;
    const auto flush = [&] {
      if (run.size() < 2) {
        top.insert(top.end(), run.begin(), run.end());
      } else {
        const int g = new_group(t, group, "part " + std::to_string(top.size() + 1));
        item_at(t, g).children = run;
        for (int c : run) item_at(t, c).parent = g;
        top.push_back(g);
      }
      run.clear();
    };
    for (int c : all) {
      const bool port = item_at(t, c).kind == Item::Kind::kInput || item_at(t, c).kind == Item::Kind::kOutput;
      if (port && all.size() < 4 * kMaxLevel) {
        flush();
        top.push_back(c);
        continue;
      }
      run.push_back(c);
      if (run.size() >= size) flush();
    }
    flush();
    item_at(t, group).children = top;
  }
  const std::vector<int> children = item_at(t, group).children;
  for (int c : children) {
    if (item_at(t, c).kind == Item::Kind::kGroup) cut_into_parts(t, c);
  }
}

// What a group says of its content.
void summarize_group(Tree& t, int group, std::map<std::string, int>& ops) {
  std::map<std::string, int> mine;
  std::map<std::pair<int, std::string>, int> looks;
  Item& g = item_at(t, group);
  g.nodes = 0;
  g.params = 0;
  for (int c : g.children) {
    Item& child = item_at(t, c);
    if (child.kind == Item::Kind::kGroup) summarize_group(t, c, mine);
    if (child.node) ++mine[child.node->op()];
    g.nodes += child.nodes;
    g.params += child.params;
    if (child.css != "port") looks[{child.severity, child.css}] += child.nodes;
  }
  int most = 0;
  for (const auto& [look, n] : looks) {
    if (look.first > g.severity) most = 0;
    if (look.first < g.severity && most > 0) continue;
    // The work decides about the colour where there is any.
    const int weight = look.second == "conv" ? n * 1000 : n;
    if (weight <= most && look.first == g.severity) continue;
    most = weight;
    g.severity = look.first;
    g.css = look.second;
  }
  std::vector<std::pair<std::string, int>> list(mine.begin(), mine.end());
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  g.subtitle = std::to_string(g.nodes) + " nodes";
  if (g.block && item_at(t, g.children[0]).params > 0) {
    g.subtitle = item_at(t, g.children[0]).subtitle;  // the weights of what begins it
  } else if (g.params > 0)
    g.subtitle += ", " + human_count(static_cast<double>(g.params)) + " parameters";
  g.tooltip = g.path;
  for (size_t i = 0; i < list.size() && i < 8; ++i) {
    g.tooltip += (g.tooltip.empty() ? "" : "\n") + std::to_string(list[i].second) + " × " + list[i].first;
  }
  for (const auto& [op, n] : mine) ops[op] += n;
}

}  // namespace

void group_tree(Tree& tree, PictureOptions::Grouping grouping) {
  using Grouping = PictureOptions::Grouping;
  const std::vector<int> leaves = item_at(tree, 0).children;
  tree.grouping = "none";
  bool by_scope = grouping == Grouping::kScope;
  if (grouping == Grouping::kAuto && names_have_scopes(tree, leaves)) {
    Tree trial = tree;
    group_by_scope(trial, leaves);
    by_scope = backward_share(trial) <= kBackwardShare;
  }
  if (by_scope) {
    group_by_scope(tree, leaves);
    dissolve_small(tree, 0);
    tree.grouping = "scope";
  } else if (grouping != Grouping::kNone) {
    group_by_structure(tree, leaves);
    tree.grouping = "structure";
  }
  if (grouping != Grouping::kNone || leaves.size() > 10 * kMaxLevel) cut_into_parts(tree, 0);
  std::map<std::string, int> ops;
  summarize_group(tree, 0, ops);
  std::string words;
  std::vector<std::pair<std::string, int>> list(ops.begin(), ops.end());
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (size_t i = 0; i < list.size() && i < 12; ++i) {
    words += (i ? ", " : "") + std::to_string(list[i].second) + " " + list[i].first;
  }
  tree.description = std::to_string(tree.node_count) + " nodes: " + words + (list.size() > 12 ? ", …" : "");
}

}  // namespace jetline::picture

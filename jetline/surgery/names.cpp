#include "jetline/surgery/names.h"

#include "jetline/base/strings.h"
#include "jetline/graph/graph_walk.h"
#include "jetline/passes/edit.h"

namespace jetline::surgery {
namespace {

// Edit distances are looked at for so many names of at most this length; a hint is worth no more.
constexpr size_t kMaxHintNames = 20000, kMaxHintLength = 200;

struct NameTable {
  std::vector<Value*> values;  // of that name, outermost first
  std::vector<Node*> nodes;
};

NameTable look_up(Model& model, const std::string& name) {
  NameTable found;
  passes::each_graph(model.graph(), [&](Graph& g) {
    if (Value* v = g.find(name)) found.values.push_back(v);
    for (const auto& n : g.nodes()) {
      if (n->name == name && !name.empty()) found.nodes.push_back(n.get());
    }
  });
  return found;
}

std::vector<std::string> names_for_hints(Model& model, bool tensors, bool nodes) {
  std::vector<std::string> all;
  passes::each_graph(model.graph(), [&](Graph& g) {
    if (tensors) {
      for (const auto& v : g.values()) {
        if (all.size() < kMaxHintNames) all.push_back(v->name());
      }
    }
    if (nodes) {
      for (const auto& n : g.nodes()) {
        if (all.size() < kMaxHintNames && !n->name.empty()) all.push_back(n->name);
      }
    }
  });
  return all;
}

Status ambiguous(const std::string& what, const std::string& name, size_t count) {
  return Status::bad_input(
      "surgery.ambiguous-name", std::to_string(count) + " " + what + " are named '" + name + "'",
      "name a tensor that only one of them has (`jetline inspect MODEL --text`), or give "
      "the nodes other names first: `jetline rename MODEL --unique-nodes -o OUT`");
}

Status pick_value(const NameTable& found, const std::string& name, std::vector<Spot>& spots) {
  // A name of the main graph wins; the same name in two subgraphs could mean either.
  if (found.values.size() > 1 && found.values[0]->graph()->outer()) {
    return ambiguous("tensors of different subgraphs", name, found.values.size());
  }
  spots.push_back({nullptr, found.values[0]});
  return Status();
}

Status pick_node(const NameTable& found, const std::string& name, std::vector<Spot>& spots) {
  if (found.nodes.size() > 1) return ambiguous("nodes", name, found.nodes.size());
  spots.push_back({found.nodes[0], nullptr});
  return Status();
}

Status find_word(Model& model, const std::string& word, bool may_split, std::vector<Spot>& spots) {
  if (starts_with(word, "op:")) {
    const std::string op = word.substr(3);
    const size_t before = spots.size();
    std::vector<std::string> ops;
    for (const auto& n : model.graph().nodes()) {
      const std::string full = n->domain().empty() ? n->op() : n->domain() + "." + n->op();
      if (n->op() == op || full == op) spots.push_back({n.get(), nullptr});
      if (ops.size() < kMaxHintNames) ops.push_back(n->op());
    }
    return spots.size() > before ? Status() : unknown_name("operator", op, ops);
  }
  const bool node_only = starts_with(word, "node:"), tensor_only = starts_with(word, "tensor:");
  NameTable found = look_up(model, word);
  if (!found.values.empty()) return pick_value(found, word, spots);
  if (!found.nodes.empty()) return pick_node(found, word, spots);
  if (node_only || tensor_only) {
    const std::string name = word.substr(word.find(':') + 1);
    found = look_up(model, name);
    if (tensor_only && !found.values.empty()) return pick_value(found, name, spots);
    if (node_only && !found.nodes.empty()) return pick_node(found, name, spots);
    return unknown_name(node_only ? "node" : "tensor", name, names_for_hints(model, tensor_only, node_only));
  }
  if (may_split && word.find(',') != std::string::npos) {
    for (const std::string& piece : split(word, ',')) {
      JETLINE_RETURN_IF_ERROR(find_word(model, std::string(trim(piece)), false, spots));
    }
    return Status();
  }
  return unknown_name("tensor or node", word, names_for_hints(model, true, true));
}

}  // namespace

Status unknown_name(const std::string& what, const std::string& word,
                    const std::vector<std::string>& choices) {
  std::vector<std::string> near;
  std::vector<std::string> shorter;
  for (const std::string& c : choices) {
    if (c.size() <= kMaxHintLength) shorter.push_back(c);
  }
  const std::string nearest = word.size() <= kMaxHintLength ? nearest_word(word, shorter) : "";
  if (!nearest.empty()) near.push_back(nearest);
  // People type the end of a long scope, or a part of it.
  const std::string low = to_lower(word);
  for (const std::string& c : shorter) {
    if (near.size() >= 3) break;
    if (low.size() >= 3 && c != nearest && to_lower(c).find(low) != std::string::npos) near.push_back(c);
  }
  return Status::bad_input("surgery.unknown-name", "the model has no " + what + " named '" + word + "'",
                           near.empty() ? "`jetline inspect MODEL --text` lists all names"
                                        : "did you mean " + quoted_list(near) + "?");
}

Result<std::vector<Spot>> find_spots(Model& model, const std::vector<std::string>& words) {
  std::vector<Spot> spots;
  for (const std::string& word : words) JETLINE_RETURN_IF_ERROR(find_word(model, word, true, spots));
  return spots;
}

Result<Value*> find_value(Model& model, const std::string& name) {
  NameTable found = look_up(model, name);
  if (found.values.empty()) return unknown_name("tensor", name, names_for_hints(model, true, false));
  std::vector<Spot> spots;
  JETLINE_RETURN_IF_ERROR(pick_value(found, name, spots));
  return spots[0].value;
}

std::string node_label(const Node& node) {
  if (!node.name.empty()) return node.name;
  for (const Value* v : node.outputs()) {
    if (v) return node.op() + " producing '" + v->name() + "'";
  }
  return node.op();
}

std::string quoted_list(const std::vector<std::string>& names, size_t most) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < most; ++i) text += (i ? ", '" : "'") + names[i] + "'";
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

}  // namespace jetline::surgery

#include "jetline/surgery/rename.h"

#include <regex>
#include <unordered_map>
#include <unordered_set>

#include "jetline/graph/card_io.h"
#include "jetline/passes/edit.h"
#include "jetline/passes/node_names.h"
#include "jetline/surgery/names.h"

namespace jetline::surgery {
namespace {

using Renames = std::vector<std::pair<std::string, std::string>>;

// std::regex matches by recursion; a longer name could exhaust the stack.
constexpr size_t kMaxRegexName = 2000;

Status name_taken(const std::string& old_name, const std::string& name) {
  return Status::bad_input("surgery.name-taken",
                           "'" + old_name + "' cannot become '" + name + "': that name is taken",
                           "rename the other one in the same call, or choose another name");
}

struct Pattern {
  std::regex regex;
  std::string replacement;
};

Result<std::vector<Pattern>> compile(const Renames& names) {
  std::vector<Pattern> patterns;
  for (const auto& [old_name, new_name] : names) {
    try {
      patterns.push_back({std::regex(old_name, std::regex::ECMAScript), new_name});
    } catch (const std::regex_error& e) {
      return Status::usage("surgery.pattern", "'" + old_name + "' is no regular expression: " + e.what(),
                           "ECMAScript syntax, for instance '^model/(.*)$=$1'");
    }
  }
  return patterns;
}

Result<std::string> apply(const std::vector<Pattern>& patterns, std::string name) {
  if (name.size() > kMaxRegexName) return name;
  for (const Pattern& p : patterns) {
    try {
      name = std::regex_replace(name, p.regex, p.replacement);
    } catch (const std::regex_error& e) {
      return Status::usage("surgery.pattern", "the pattern is too expensive on '" + name + "': " + e.what(),
                           "write it without nested repetition");
    }
    if (name.size() > kMaxRegexName) break;
  }
  return name;
}

// --- tensors

using Plan = std::vector<std::pair<Value*, std::string>>;  // value, new name

Result<Plan> plan_tensors(Model& model, const RenameOptions& options) {
  Plan plan;
  if (options.regex) {
    JETLINE_ASSIGN_OR_RETURN(const std::vector<Pattern> patterns, compile(options.names));
    JETLINE_RETURN_IF_ERROR(passes::each_graph_checked(model.graph(), [&](Graph& g) -> Status {
      for (const auto& v : g.values()) {
        JETLINE_ASSIGN_OR_RETURN(std::string name, apply(patterns, v->name()));
        if (name != v->name()) plan.emplace_back(v.get(), std::move(name));
      }
      return Status();
    }));
    return plan;
  }
  for (const auto& [old_name, new_name] : options.names) {
    JETLINE_ASSIGN_OR_RETURN(Value * v, find_value(model, old_name));
    plan.emplace_back(v, new_name);
  }
  return plan;
}

// Values named `name` in subgraphs of `g` (not `g` itself), which `g`'s value of that name would be hidden
// by.
void find_below(Graph& g, const std::string& name, std::vector<Value*>& found) {
  if (!g.has_subgraphs()) return;
  for (const auto& n : g.nodes()) {
    for (Graph* sub : n->subgraphs()) {
      if (Value* v = sub->find(name)) found.push_back(v);
      find_below(*sub, name, found);
    }
  }
}

Status rename_values(Model& model, const Plan& plan, RenameResult& result) {
  std::unordered_set<const Value*> planned;
  for (const auto& [v, name] : plan) {
    if (name.empty()) return Status::usage("surgery.name", "'" + v->name() + "' needs a name", "old=new");
    if (!planned.insert(v).second) {
      return Status::usage("surgery.name", "'" + v->name() + "' is renamed twice", "name each tensor once");
    }
  }
  std::vector<std::string> old_names;
  for (const auto& [v, name] : plan) old_names.push_back(v->name());
  // Out of the way first: names may be swapped or handed on.
  for (const auto& [v, name] : plan) {
    JETLINE_RETURN_IF_ERROR(v->graph()->rename(v, v->graph()->unique_name("renaming")));
  }
  std::unordered_map<std::string, std::string> tensor_names;
  for (size_t i = 0; i < plan.size(); ++i) {
    const auto& [v, name] = plan[i];
    for (Graph* g = v->graph(); g; g = g->outer()) {
      if (g->find(name)) return name_taken(old_names[i], name);
    }
    std::vector<Value*> hidden_by;
    find_below(*v->graph(), name, hidden_by);
    for (Value* inner : hidden_by) {
      if (planned.count(inner)) return name_taken(old_names[i], name);
      const std::string other = inner->graph()->unique_name(name + "_inner");
      JETLINE_RETURN_IF_ERROR(inner->graph()->rename(inner, other));
      result.evaded.emplace_back(name, other);
    }
    JETLINE_RETURN_IF_ERROR(v->graph()->rename(v, name));
    result.renamed.emplace_back(old_names[i], name);
    if (v->graph() == &model.graph()) tensor_names[old_names[i]] = name;
  }
  const auto follow = [&](std::string& text) {
    const auto it = tensor_names.find(text);
    if (it != tensor_names.end()) text = it->second;
  };
  for (QuantizationAnnotation& q : model.graph().quantization) {
    follow(q.tensor);
    for (auto& [key, tensor] : q.parameters) follow(tensor);
  }
  const Result<Card> card = read_card(model);
  if (card.ok() && tensor_names.count(card->input.name)) {
    Card changed = *card;
    follow(changed.input.name);
    write_card(model, changed);
    result.card_changed = true;
  }
  return Status();
}

// --- nodes

Status rename_nodes(Model& model, const RenameOptions& options, RenameResult& result) {
  std::vector<Node*> nodes;
  passes::each_graph(model.graph(), [&](Graph& g) {
    for (const auto& n : g.nodes()) nodes.push_back(n.get());
  });
  std::vector<std::pair<Node*, std::string>> plan;
  if (options.regex) {
    JETLINE_ASSIGN_OR_RETURN(const std::vector<Pattern> patterns, compile(options.names));
    for (Node* n : nodes) {
      JETLINE_ASSIGN_OR_RETURN(std::string name, apply(patterns, n->name));
      if (name != n->name) plan.emplace_back(n, std::move(name));
    }
  } else {
    std::vector<std::string> words;
    for (const auto& [old_name, new_name] : options.names) words.push_back("node:" + old_name);
    for (size_t i = 0; i < words.size(); ++i) {
      JETLINE_ASSIGN_OR_RETURN(const std::vector<Spot> spots, find_spots(model, {words[i]}));
      plan.emplace_back(spots[0].node, options.names[i].second);
    }
  }
  std::unordered_set<std::string> taken;
  std::unordered_set<const Node*> planned;
  for (const auto& [n, name] : plan) planned.insert(n);
  for (const Node* n : nodes) {
    if (!planned.count(n)) taken.insert(n->name);
  }
  for (const auto& [n, name] : plan) {
    if (name.empty()) return Status::usage("surgery.name", "'" + n->name + "' needs a name", "old=new");
    if (!taken.insert(name).second) return name_taken(n->name, name);
  }
  for (const auto& [n, name] : plan) {
    result.renamed.emplace_back(n->name, name);
    n->name = name;
  }
  return Status();
}

bool has_name(const Model& model, const std::string& name, bool nodes) {
  bool found = false;
  passes::each_graph(const_cast<Model&>(model).graph(), [&](Graph& g) {
    if (!nodes) found = found || g.find(name);
    if (nodes) {
      for (const auto& n : g.nodes()) found = found || n->name == name;
    }
  });
  return found;
}

}  // namespace

Result<Renames> parse_renames(const Model& model, const std::vector<std::string>& words,
                              const RenameOptions& options) {
  Renames renames;
  for (const std::string& word : words) {
    size_t at = word.rfind('=');
    if (at == std::string::npos) {
      return Status::usage("surgery.name", "'" + word + "' does not say old=new",
                           "for instance input_1=images");
    }
    for (size_t i = word.find('='); !options.regex && i != std::string::npos; i = word.find('=', i + 1)) {
      if (!has_name(model, word.substr(0, i), options.nodes)) continue;
      at = i;
      break;
    }
    renames.emplace_back(word.substr(0, at), word.substr(at + 1));
  }
  return renames;
}

Result<RenameResult> rename(Model& model, const RenameOptions& options) {
  RenameResult result;
  if (options.unique_nodes) passes::make_node_names_unique(model.graph(), true);
  if (options.nodes) {
    JETLINE_RETURN_IF_ERROR(rename_nodes(model, options, result));
    return result;
  }
  JETLINE_ASSIGN_OR_RETURN(const Plan plan, plan_tensors(model, options));
  JETLINE_RETURN_IF_ERROR(rename_values(model, plan, result));
  return result;
}

}  // namespace jetline::surgery

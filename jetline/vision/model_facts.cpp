// See model_facts.h.
#include "jetline/vision/model_facts.h"

#include <toml++/toml.h>
#include <algorithm>
#include <set>
#include <sstream>

#include "jetline/base/files.h"
#include "jetline/engine/plan/plan_record.h"
#include "jetline/graph/card_io.h"

namespace jetline {
namespace {

// A subgraph's inner operators belong to the tail too, so that a decode inside an If is seen.
void facts_collect(const Value* start, std::set<std::string>& ops) {
  std::vector<const Value*> todo = {start};
  std::set<const Node*> seen;
  while (!todo.empty()) {
    const Value* v = todo.back();
    todo.pop_back();
    const Node* n = v ? v->producer() : nullptr;
    if (!n || !seen.insert(n).second) continue;
    if (n->is("Conv") || n->is("ConvTranspose") || n->is("Gemm") || n->is("MatMul") || n->is("QLinearConv"))
      continue;
    ops.insert(n->op());
    for (const Value* in : n->inputs()) todo.push_back(in);
    for (const Graph* g : n->subgraphs()) {
      for (const Value* out : g->outputs()) todo.push_back(out);
    }
  }
}

// Recursive overlay: tables merge, everything else replaces.
void facts_merge(toml::table& base, const toml::table& over) {
  for (const auto& [key, node] : over) {
    const toml::table* from = node.as_table();
    toml::table* into = base[key.str()].as_table();
    if (from && into) {
      facts_merge(*into, *from);
    } else {
      base.insert_or_assign(key.str(), node);
    }
  }
}

Result<toml::table> facts_parse(const std::string& text, const std::string& where) {
  try {  // toml++ reports by exception; none leaves this function
    return toml::parse(text);
  } catch (const toml::parse_error& e) {
    return Status::bad_input("card.syntax", "the card is not valid TOML: " + std::string(e.description()), "",
                             where + ":" + std::to_string(e.source().begin.line));
  }
}

}  // namespace

ModelFacts model_facts(const Model& model) {
  ModelFacts facts;
  for (const Value* v : model.graph().free_inputs()) {
    facts.inputs.push_back({v->name(), v->type.dtype, v->type.dims()});
  }
  for (const Value* v : model.graph().outputs()) {
    std::set<std::string> ops;
    facts_collect(v, ops);
    facts.outputs.push_back({v->name(), v->type.dtype, v->type.dims(), {ops.begin(), ops.end()}});
  }
  facts.graph_read = true;
  return facts;
}

void refine_facts(ModelFacts& facts, const Engine& engine) {
  if (facts.inputs.size() != engine.inputs().size()) facts.inputs = engine.inputs();
  for (size_t i = 0; i < facts.inputs.size(); ++i) {
    for (const TensorInfo& t : engine.inputs()) {
      if (t.name == facts.inputs[i].name || engine.inputs().size() == 1) facts.inputs[i] = t;
    }
  }
  facts.outputs.resize(engine.outputs().size());
  // The engine's order rules: outputs are read from it by index.
  std::vector<OutputFacts> ordered;
  for (size_t i = 0; i < engine.outputs().size(); ++i) {
    const TensorInfo& t = engine.outputs()[i];
    const OutputFacts* known = facts.output(t.name);
    OutputFacts o = known ? *known : facts.outputs[i];
    if (o.name.empty()) o.name = t.name;
    o.dtype = t.dtype;
    o.shape = t.shape;
    ordered.push_back(std::move(o));
  }
  facts.outputs = std::move(ordered);
}

Result<FoundCard> locate_card(const Model* model, const std::string& model_path,
                              const std::string& card_path) {
  FoundCard found;
  const std::string beside = sidecar_path(model_path);
  const std::string path = !card_path.empty() ? card_path : file_exists(beside) ? beside : "";
  if (!path.empty()) {
    JETLINE_ASSIGN_OR_RETURN(found.toml, read_file(path, 1 << 20));
    found.found = true;
    found.where = path;
    return found;
  }
  if (model && model->metadata_value(kCardKey)) {
    JETLINE_ASSIGN_OR_RETURN(found.card, read_card(*model));
    found.found = true;
    found.where = "embedded";
  }
  // A plan has no place for a card; its record has.
  if (!model && file_exists(plan_record_path(model_path))) {
    JETLINE_ASSIGN_OR_RETURN(const PlanRecord record, read_plan_record(model_path));
    if (!record.card.empty()) {
      JETLINE_ASSIGN_OR_RETURN(found.card, card_from_json(record.card));
      found.found = true;
      found.where = plan_record_path(model_path);
    }
  }
  return found;
}

Result<Card> overlay_card(const Card& base, const std::string& toml_text, const std::string& where) {
  // The sidecar is checked on its own first, so that messages name its own lines.
  JETLINE_ASSIGN_OR_RETURN(Card alone, card_from_toml(toml_text, where));
  (void)alone;
  JETLINE_ASSIGN_OR_RETURN(toml::table merged, facts_parse(card_to_toml(base), "defaults"));
  JETLINE_ASSIGN_OR_RETURN(toml::table over, facts_parse(toml_text, where));
  facts_merge(merged, over);
  std::ostringstream text;
  text << merged;
  return card_from_toml(text.str(), where);
}

Result<std::string> sidecar_head(const std::string& toml_text, const std::string& where) {
  JETLINE_ASSIGN_OR_RETURN(toml::table table, facts_parse(toml_text, where));
  return table["head"].value_or(std::string());
}

}  // namespace jetline

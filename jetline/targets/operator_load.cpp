#include "jetline/targets/operator_load.h"

#include <algorithm>

#include "jetline/base/dtype.h"
#include "jetline/base/strings.h"

namespace jetline::targets {
namespace {

struct EffectRow {
  const char* name;
  Effect effect;
};
constexpr EffectRow kEffects[] = {{"refused", Effect::kRefused}, {"wrong", Effect::kWrong},
                                  {"plugin", Effect::kPlugin},   {"slow", Effect::kSlow},
                                  {"note", Effect::kNote},       {"dla", Effect::kDla}};
struct ProofRow {
  const char* name;
  Proof proof;
};
constexpr ProofRow kProofs[] = {{"built", Proof::kBuilt},
                                {"parsed", Proof::kParsed},
                                {"documented", Proof::kDocumented},
                                {"inferred", Proof::kInferred}};

void read_proof(RowReader& r, Proof& out) {
  std::string word;
  r.text("proof", word);
  if (word.empty()) return;
  for (const ProofRow& row : kProofs) {
    if (word == row.name) {
      out = row.proof;
      return;
    }
  }
  r.fail("proof", "'" + word + "' is no kind of proof", "one of built, parsed, documented, inferred");
}

void read_effect(RowReader& r, Effect& out) {
  std::string word;
  r.text("effect", word, true);
  if (word.empty()) return;
  for (const EffectRow& row : kEffects) {
    if (word == row.name) {
      out = row.effect;
      return;
    }
  }
  r.fail("effect", "'" + word + "' is no effect", "one of refused, wrong, plugin, slow, note, dla");
}

bool is_rule_id(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

void read_rule(RowReader& r, bool from_user, Rule& rule) {
  rule.from_user = from_user;
  std::string id, when;
  r.text("id", id, true);
  if (!id.empty() && !is_rule_id(id)) {
    r.fail("id", "'" + id + "' cannot be the id of a rule", "use a-z, 0-9, '.', '-' and '_'");
  }
  rule.id = "trt." + id;
  r.range("trt", rule.trt, !from_user);
  r.text("when", when);
  read_effect(r, rule.effect);
  read_proof(r, rule.proof);
  r.text("message", rule.message, true);
  r.text("hint", rule.hint);
  r.text("fix", rule.fix);
  r.text("plugin", rule.plugin);
  r.text("source", rule.source, true);
  if (rule.effect == Effect::kPlugin && rule.plugin.empty()) r.fail("effect", "the effect needs 'plugin'");
  Result<Condition> condition = Condition::parse(when);
  if (!condition.ok()) return r.fail("when", condition.status().message(), condition.status().hint());
  rule.when = std::move(*condition);
}

void read_types(RowReader& r, TypeRow& types) {
  r.range("trt", types.trt, true);
  types.inputs = {0};
  r.integers("input", types.inputs);
  r.texts("allowed", types.allowed, true);
  for (const std::string& name : types.allowed) {
    if (dtype_from_name(name) == DType::kUndefined) r.fail("allowed", "'" + name + "' is no element type");
  }
  read_proof(r, types.proof);
  r.text("source", types.source, true);
}

}  // namespace

const char* to_string(Effect e) {
  for (const EffectRow& row : kEffects) {
    if (row.effect == e) return row.name;
  }
  return "?";
}

const char* to_string(Proof p) {
  for (const ProofRow& row : kProofs) {
    if (row.proof == p) return row.name;
  }
  return "?";
}

bool OperatorKnowledge::has_importer(const Version& trt) const {
  return std::any_of(importers.begin(), importers.end(),
                     [&](const ImporterRow& r) { return r.trt.holds(trt); });
}

std::string operator_key(std::string_view domain, std::string_view op) {
  if (domain.empty() || domain == "ai.onnx") return std::string(op);
  return std::string(domain) + "." + std::string(op);
}

void put_rule(Rule rule, std::vector<Rule>& rules) {
  // A file may give one id to several rows (one for each range of versions); only the user's replace.
  if (rule.from_user) {
    rules.erase(std::remove_if(rules.begin(), rules.end(),
                               [&](const Rule& r) { return !r.from_user && r.id == rule.id; }),
                rules.end());
  }
  rules.push_back(std::move(rule));
}

Status read_operator_row(const TomlRow& row, const std::string& file, bool from_user,
                         OperatorKnowledge& knowledge) {
  RowReader r(row, file);
  const std::string kind = row.name.substr(row.name.rfind('.') + 1);
  if (kind == "importer") {
    ImporterRow importer;
    r.range("trt", importer.trt, true);
    r.text("source", importer.source, true);
    knowledge.importers.push_back(std::move(importer));
  } else if (kind == "types") {
    TypeRow types;
    read_types(r, types);
    knowledge.types.push_back(std::move(types));
  } else if (kind == "documented") {
    DocumentedRow documented;
    r.range("trt", documented.trt, true);
    r.boolean("supported", documented.supported, true);
    r.text("text", documented.text);
    r.text("source", documented.source, true);
    knowledge.documented.push_back(std::move(documented));
  } else if (kind == "rule") {
    Rule rule;
    read_rule(r, from_user, rule);
    JETLINE_RETURN_IF_ERROR(r.finish());
    put_rule(std::move(rule), knowledge.rules);
    return Status();
  } else {
    return toml_row_error(file, row.line, "'" + row.name + "' is not a table of an operator",
                          "one of importer, types, documented, rule");
  }
  return r.finish();
}

Result<OperatorKnowledge> load_operator(std::string_view text, const std::string& file, bool compiled_in) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<TomlRow> rows, read_toml_rows(text, file, compiled_in));
  OperatorKnowledge knowledge;
  RowReader top(rows[0], file);
  top.text("op", knowledge.op, true);
  top.text("domain", knowledge.domain);
  JETLINE_RETURN_IF_ERROR(top.finish());
  if (knowledge.domain == "ai.onnx") knowledge.domain.clear();
  for (size_t i = 1; i < rows.size(); ++i) {
    JETLINE_RETURN_IF_ERROR(read_operator_row(rows[i], file, false, knowledge));
  }
  return knowledge;
}

void SharedRules::append_to(const std::string& key, bool known, std::vector<Rule>& to) const {
  const auto own = by_operator.find(key);
  if (own != by_operator.end()) {
    for (size_t i : own->second) put_rule(rules[i], to);
  }
  if (!known || starts_with(key, "graph")) return;
  for (const Everywhere& e : everywhere) {
    if (!std::binary_search(e.except.begin(), e.except.end(), key)) put_rule(rules[e.rule], to);
  }
}

Status read_rule_row(const TomlRow& row, const std::string& file, bool from_user, SharedRules& out) {
  RowReader r(row, file);
  Rule rule;
  std::vector<std::string> ops, except;
  r.texts("op", ops);
  r.texts("ops", ops);
  r.texts("except", except);
  const bool everywhere = ops == std::vector<std::string>{"*"};
  if (ops.empty()) r.fail("ops", "the rule names no operator", "add ops = [\"Conv\"]");
  if (!everywhere && !except.empty()) r.fail("except", "'except' goes with ops = [\"*\"]");
  read_rule(r, from_user, rule);
  JETLINE_RETURN_IF_ERROR(r.finish());
  const auto key_of = [](const std::string& op) {
    return starts_with(op, "ai.onnx.") && op.find('.', 8) == std::string::npos ? op.substr(8) : op;
  };
  const size_t place = out.rules.size();
  out.rules.push_back(std::move(rule));
  if (everywhere) {
    for (std::string& op : except) op = key_of(op);
    std::sort(except.begin(), except.end());
    out.everywhere.push_back({place, std::move(except)});
    return Status();
  }
  for (const std::string& op : ops) out.by_operator[key_of(op)].push_back(place);
  return Status();
}

Status load_shared_rules(std::string_view text, const std::string& file, SharedRules& out, bool compiled_in) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<TomlRow> rows, read_toml_rows(text, file, compiled_in));
  JETLINE_RETURN_IF_ERROR(RowReader(rows[0], file).finish());
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].name != "rule") return toml_row_error(file, rows[i].line, "only [[rule]] can stand here");
    JETLINE_RETURN_IF_ERROR(read_rule_row(rows[i], file, false, out));
  }
  return Status();
}

}  // namespace jetline::targets

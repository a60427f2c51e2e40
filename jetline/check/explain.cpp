#include "jetline/check/explain.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "jetline/base/strings.h"
#include "jetline/check/report/text.h"

namespace jetline::check {
namespace {

using targets::Rule;

// The pseudo-operators have no file of their own names in the list.
const char* const kExplainModel[] = {"graph", "graph.input", "graph.output", "graph.initializer"};

struct ExplainRule {
  std::string op;
  const targets::OperatorKnowledge* knowledge;
  const Rule* rule;
};

std::string explain_domain(const std::string& name) {
  const size_t dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

std::multimap<std::string, ExplainRule> explain_rules(const targets::Catalog& catalog) {
  std::multimap<std::string, ExplainRule> out;
  const auto add = [&](const std::string& name, const targets::OperatorKnowledge* k) {
    if (!k) return;
    for (const Rule& r : k->rules) out.emplace(r.id, ExplainRule{name, k, &r});
  };
  for (const std::string& name : catalog.operator_names()) {
    const std::string domain = explain_domain(name);
    add(name, catalog.find_operator(domain, domain.empty() ? name : name.substr(domain.size() + 1)));
  }
  for (const char* name : kExplainModel) add(name, catalog.find_operator("", name));
  return out;
}

void explain_add(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

struct ExplainPart {
  std::string title;
  std::vector<std::string> lines;
};

std::string explain_operators(const std::vector<std::string>& ops) {
  return join(ops, ", ");
}

// The page of a rule: its rows may differ by version and by operator.
std::vector<ExplainPart> explain_rule(const std::vector<ExplainRule>& rows) {
  std::vector<std::string> what, ops, versions, when, evidence, help, documented;
  std::string fix, plugin;
  for (const ExplainRule& e : rows) {
    const Rule& r = *e.rule;
    explain_add(ops, e.op);
    explain_add(what, r.message);
    explain_add(versions, r.trt.to_string());
    explain_add(when, r.when.text().empty() ? "always" : r.when.text());
    explain_add(evidence,
                (r.source.empty() ? "no source" : r.source) + " (" + targets::to_string(r.proof) + ")");
    explain_add(help, r.hint);
    if (!r.fix.empty()) fix = r.fix;
    if (!r.plugin.empty()) plugin = r.plugin;
    for (const targets::DocumentedRow& d : e.knowledge->documented) {
      if (rows.size() <= 3 && !d.text.empty()) {
        explain_add(documented,
                    "TensorRT " + d.trt.to_string() + ": " + (d.supported ? "" : "not supported; ") + d.text);
      }
    }
  }
  const Rule& first = *rows[0].rule;
  std::vector<ExplainPart> parts = {{"what", what}, {"operators", {explain_operators(ops)}}};
  switch (first.effect) {
    case targets::Effect::kRefused:
      parts.push_back({"why", {"the ONNX parser, or the builder, refuses the model"}});
      break;
    case targets::Effect::kWrong:
      parts.push_back(
          {"why", {"the parser accepts the node and computes something else, without a message"}});
      break;
    case targets::Effect::kPlugin:
      parts.push_back({"why", {"the node runs as the plugin " + plugin}});
      break;
    case targets::Effect::kSlow:
      parts.push_back({"why", {"it runs, and slower than it could"}});
      break;
    case targets::Effect::kDla:
      parts.push_back({"why", {"the DLA does not take the node; it falls back to the GPU"}});
      break;
    case targets::Effect::kNote:
      parts.push_back({"why", {"worth knowing; it runs"}});
      break;
  }
  parts.push_back({"TensorRT", versions});
  parts.push_back({"holds when", when});
  parts.push_back({"evidence", evidence});
  if (!documented.empty()) parts.push_back({"support table", documented});
  if (!help.empty()) parts.push_back({"help", help});
  if (!fix.empty()) parts.push_back({"fix", {fix + ": jetline fix MODEL --tensorrt V -o OUT"}});
  std::string version = first.trt.to.known()     ? first.trt.to.to_string()
                        : first.trt.from.known() ? first.trt.from.to_string()
                                                 : "10.3";
  parts.push_back(
      {"example", {"jetline check MODEL --tensorrt " + version + "   on a model with such a node"}});
  return parts;
}

std::vector<ExplainPart> explain_page(const FindingPage& p) {
  return {{"what", {p.what}}, {"why", {p.why}}, {"help", {p.help}}, {"example", {p.example}}};
}

struct ExplainPages {
  std::string kind;
  std::vector<ExplainPart> parts;
};

Result<ExplainPages> explain_find(const targets::Catalog& catalog, const std::string& id) {
  for (const FindingPage& p : finding_pages()) {
    if (id == p.id) return ExplainPages{p.kind, explain_page(p)};
  }
  const auto rules = explain_rules(catalog);
  std::vector<ExplainRule> rows;
  for (auto [at, end] = rules.equal_range(id); at != end; ++at) rows.push_back(at->second);
  if (!rows.empty()) return ExplainPages{targets::to_string(rows[0].rule->effect), explain_rule(rows)};
  std::vector<std::string> ids;
  for (const FindingPage& p : finding_pages()) ids.emplace_back(p.id);
  for (const auto& [name, row] : rules) explain_add(ids, name);
  const std::string near = nearest_word(id, ids);
  std::vector<std::string> alike;
  for (const std::string& name : ids) {
    if (name.find(id) != std::string::npos) alike.push_back(name);
  }
  std::string hint = "`jetline check --explain list` prints all " + std::to_string(ids.size());
  if (!near.empty())
    hint = "did you mean '" + near + "'? " + hint;
  else if (!alike.empty())
    hint = "such as " + join(alike, ", ") + "? " + hint;
  return Status::usage("check.unknown-finding", "there is no finding '" + id + "'", hint);
}

// A cell of a Markdown table.
std::string explain_cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
  return out;
}

}  // namespace

std::vector<FindingRow> list_findings(const targets::Catalog& catalog) {
  std::map<std::string, FindingRow> all;
  for (const FindingPage& p : finding_pages()) all[p.id] = {p.id, p.kind, p.what, {}, {}};
  for (const auto& [id, e] : explain_rules(catalog)) {
    FindingRow& row = all[id];
    if (row.id.empty()) row = {id, targets::to_string(e.rule->effect), e.rule->message, {}, {}};
    explain_add(row.ops, e.op);
    explain_add(row.versions, e.rule->trt.to_string());
  }
  std::vector<FindingRow> out;
  for (auto& [id, row] : all) out.push_back(std::move(row));
  return out;
}

Result<std::string> explain_text(const targets::Catalog& catalog, const std::string& id, size_t width) {
  JETLINE_ASSIGN_OR_RETURN(const ExplainPages page, explain_find(catalog, id));
  constexpr size_t kLabel = 15;
  std::string out = id + " (" + page.kind + ")\n\n";
  for (const ExplainPart& part : page.parts) {
    std::string label = part.title;
    for (const std::string& line : part.lines) {
      out += label + std::string(label.size() < kLabel ? kLabel - label.size() : 1, ' ') +
             wrap(line, kLabel, width) + "\n";
      label.clear();
    }
  }
  return out;
}

Result<std::string> explain_json(const targets::Catalog& catalog, const std::string& id) {
  JETLINE_ASSIGN_OR_RETURN(const ExplainPages page, explain_find(catalog, id));
  nlohmann::ordered_json j;
  j["id"] = id;
  j["kind"] = page.kind;
  for (const ExplainPart& part : page.parts) j[part.title] = part.lines;
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string findings_page(const targets::Catalog& catalog) {
  std::string out =
      "# Findings\n\nWhat `jetline check` can find, made from the tables by `jetline check --explain "
      "markdown`. "
      "`jetline check --explain\nID` prints the page of one.\n\n";
  out += "| id | kind | operators | TensorRT | what |\n|---|---|---|---|---|\n";
  for (const FindingRow& r : list_findings(catalog)) {
    std::string ops = r.ops.empty()      ? "any"
                      : r.ops.size() > 4 ? r.ops[0] + " and " + std::to_string(r.ops.size() - 1) + " more"
                                         : join(r.ops, ", ");
    out += "| `" + r.id + "` | " + r.kind + " | " + ops + " | " +
           (r.versions.empty() ? ".." : join(r.versions, ", ")) + " | " + explain_cell(r.message) + " |\n";
  }
  return out;
}

}  // namespace jetline::check

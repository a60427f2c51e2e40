#include "jetline/fix/report.h"

#include <nlohmann/json.hpp>

#include "jetline/base/strings.h"
#include "jetline/check/report/json.h"
#include "jetline/check/report/text.h"

namespace jetline::fix {
namespace {

using FixJson = nlohmann::ordered_json;

std::string report_difference(const Difference& d) {
  if (!d.compared) return "not compared (" + d.why + ")";
  if (d.largest == 0) return "equal";
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", d.largest);
  return text;
}

FixJson report_difference_json(const Difference& d) {
  if (!d.compared) return {{"compared", false}, {"why", d.why}};
  return {{"compared", true}, {"largest", d.largest}, {"output", d.output}};
}

// What stands in the way, one line a rule.
std::string report_obstacles(const check::Report& r) {
  std::string text;
  for (const check::Finding& f : r.findings) {
    if (!is_obstacle(f)) continue;
    text += "  " + std::string(check::finding_word(f)) + "  " + (f.op.empty() ? "model" : f.op);
    if (f.nodes.size() > 1)
      text += " (" + std::to_string(f.nodes.size()) + " nodes)";
    else if (f.nodes.size() == 1)
      text += " '" + f.nodes[0] + "'";
    text += ": " + f.message + "\n";
  }
  return text;
}

}  // namespace

std::string report_text(const FixReport& r) {
  std::string text = r.before.target.to_string() + "\n";
  text += std::string("before: ") + check::to_string(r.before.verdict) + "\n" + report_obstacles(r.before);
  if (r.steps.empty()) {
    text += r.reached ? "nothing to do\n" : "nothing could be done\n";
  } else {
    text += "done:\n";
    for (const FixStep& s : r.steps) {
      text += "  " + s.rewrite + ": " + std::to_string(s.changes) +
              (s.changes == 1 ? " change" : " changes") + ", difference " + report_difference(s.difference) +
              ", for " + join(s.findings, ", ") + "\n";
    }
    if (r.overall.compared || !r.overall.why.empty())
      text += "whole model: " + report_difference(r.overall) + "\n";
  }
  text += std::string("after: ") + check::to_string(r.after.verdict) + "\n" + report_obstacles(r.after);
  if (!r.reached) {
    for (const Refusal& f : r.refusals)
      text += "  " + f.rewrite + " leaves '" + f.node + "': " + f.reason + "\n";
  }
  for (const std::string& note : r.notes) text += "note: " + note + "\n";
  return text;
}

std::string report_json(const std::string& model, const std::string& output, const FixReport& r) {
  FixJson j;
  j["model"] = model;
  j["output"] = output.empty() ? FixJson(nullptr) : FixJson(output);
  j["reached"] = r.reached;
  j["steps"] = FixJson::array();
  for (const FixStep& s : r.steps) {
    j["steps"].push_back({{"rewrite", s.rewrite},
                          {"findings", s.findings},
                          {"changes", s.changes},
                          {"difference", report_difference_json(s.difference)}});
  }
  j["overall"] =
      r.overall.compared || !r.overall.why.empty() ? report_difference_json(r.overall) : FixJson(nullptr);
  j["refusals"] = FixJson::array();
  for (const Refusal& f : r.refusals)
    j["refusals"].push_back({{"rewrite", f.rewrite}, {"node", f.node}, {"reason", f.reason}});
  j["notes"] = r.notes;
  j["before"] = FixJson::parse(check::report_json(model, r.before), nullptr, false);
  j["after"] = FixJson::parse(check::report_json(output.empty() ? model : output, r.after), nullptr, false);
  return j.dump(-1, ' ', false, FixJson::error_handler_t::replace);
}

std::string rewrites_table() {
  std::string text = "| rewrite | law | numbers |\n|---|---|---|\n";
  for (const Rewrite& r : all_rewrites())
    text += std::string("| `") + r.name + "` | " + r.law + " | " + (r.exact ? "exact" : "within rounding") +
            " |\n";
  return text;
}

}  // namespace jetline::fix

// SARIF 2.1.0 (OASIS Standard, 27 March 2020). Code-scanning services want for each result a rule, a message,
// a level and a physical location; a model has no lines, so that stands at line 1 and the nodes are logical
// locations.
#include <map>
#include <nlohmann/json.hpp>

#include "jetline/base/hash.h"
#include "jetline/check/judge.h"
#include "jetline/check/report/json.h"

namespace jetline::check {
namespace {

using SarifJson = nlohmann::ordered_json;

constexpr size_t kSarifNodes = 10;  // logical locations a result

const char* sarif_level(const Finding& f) {
  const int s = severity(f);
  return s <= 1 ? "error" : s <= 3 ? "warning" : "note";
}

// "trt.resize.cubic" -> "TrtResizeCubic", as rule names are written.
std::string sarif_name(const std::string& id) {
  std::string out;
  bool upper = true;
  for (const char c : id) {
    if (c == '.' || c == '-' || c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

SarifJson sarif_rule(const Finding& f) {
  SarifJson j;
  j["id"] = f.id;
  j["name"] = sarif_name(f.id);
  j["shortDescription"] = {{"text", f.message}};
  std::string help = f.hint;
  if (!f.source.empty()) help += (help.empty() ? "" : "\n") + std::string("Evidence: ") + f.source;
  help += (help.empty() ? "" : "\n") + std::string("jetline check --explain ") + f.id;
  j["fullDescription"] = {{"text", f.message}};
  j["help"] = {{"text", help}};
  j["defaultConfiguration"] = {{"level", sarif_level(f)}};
  return j;
}

SarifJson sarif_result(const Finding& f, size_t rule, const std::string& uri, const std::string& target) {
  SarifJson j;
  j["ruleId"] = f.id;
  j["ruleIndex"] = rule;
  j["level"] = sarif_level(f);
  std::string text = target + ": " + (f.op.empty() ? "" : f.op + ": ") + f.message;
  if (!f.hint.empty()) text += ". " + f.hint;
  j["message"] = {{"text", text}};
  SarifJson location;
  location["physicalLocation"] = {{"artifactLocation", {{"uri", uri}}}, {"region", {{"startLine", 1}}}};
  location["logicalLocations"] = SarifJson::array();
  for (size_t i = 0; i < f.nodes.size() && i < kSarifNodes; ++i) {
    location["logicalLocations"].push_back(
        {{"name", f.nodes[i]}, {"fullyQualifiedName", f.op + "/" + f.nodes[i]}, {"kind", "element"}});
  }
  j["locations"] = {location};
  // Keeps a result the same over runs, so that a service can track it.
  j["partialFingerprints"] = {{"jetline/v1", sha256_hex(f.id + '\n' + f.op + '\n' + target + '\n' + uri)}};
  j["properties"] = {{"target", target}, {"nodes", f.nodes.size()}, {"proof", targets::to_string(f.proof)}};
  return j;
}

// A path as a URI reference: what RFC 3986 does not allow is escaped.
std::string sarif_uri(const std::string& path) {
  static const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto b = static_cast<unsigned char>(c);
    const bool plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
                       b == '/' || b == '.' || b == '-' || b == '_' || b == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[b >> 4];
      out += kHex[b & 15];
    }
  }
  return out;
}

}  // namespace

std::string report_sarif(const std::string& uri, const std::vector<Report>& reports,
                         const std::string& version) {
  SarifJson rules = SarifJson::array(), results = SarifJson::array();
  std::map<std::string, size_t> index;
  const std::string where = sarif_uri(uri);
  for (const Report& r : reports) {
    for (const Finding& f : r.findings) {
      const auto [at, fresh] = index.try_emplace(f.id, rules.size());
      if (fresh) rules.push_back(sarif_rule(f));
      results.push_back(sarif_result(f, at->second, where, r.target.to_string()));
    }
  }
  SarifJson driver;
  driver["name"] = "jetline";
  driver["version"] = version;
  driver["semanticVersion"] = version;
  driver["rules"] = rules;
  SarifJson run;
  run["tool"] = {{"driver", driver}};
  run["artifacts"] = {{{"location", {{"uri", where}}}}};
  run["results"] = results;
  run["columnKind"] = "utf16CodeUnits";
  SarifJson j;
  j["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  j["version"] = "2.1.0";
  j["runs"] = {run};
  return j.dump(1, ' ', false, SarifJson::error_handler_t::replace) + "\n";
}

}  // namespace jetline::check

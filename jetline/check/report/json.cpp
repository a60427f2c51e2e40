#include "jetline/check/report/json.h"

#include <nlohmann/json.hpp>

namespace jetline::check {
namespace {

using ReportJson = nlohmann::ordered_json;

template <typename T>
ReportJson json_or_null(const std::optional<T>& v) {
  return v ? ReportJson(*v) : ReportJson(nullptr);
}

ReportJson json_target(const targets::Target& t) {
  ReportJson j;
  j["board"] = t.board ? ReportJson(t.board->id) : ReportJson(nullptr);
  j["jetpack"] = t.jetpack ? ReportJson(t.jetpack->id) : ReportJson(nullptr);
  j["tensorrt"] = t.tensorrt.to_string();
  j["precision"] = targets::to_string(t.precision);
  j["dla"] = t.dla;
  j["strongly_typed"] = t.strongly_typed;
  j["text"] = t.to_string();
  return j;
}

ReportJson json_finding(const Finding& f, bool nodes) {
  ReportJson j;
  j["id"] = f.id;
  j["kind"] = finding_word(f);
  j["effect"] = targets::to_string(f.effect);
  j["unknown"] = f.unknown;
  j["op"] = f.op;
  j["count"] = f.nodes.size();
  if (nodes) j["nodes"] = f.nodes;
  j["message"] = f.message;
  j["hint"] = f.hint;
  j["fix"] = f.fix;
  j["plugin"] = f.plugin;
  j["proof"] = targets::to_string(f.proof);
  j["source"] = f.source;
  return j;
}

ReportJson json_estimate(const Estimate& e) {
  if (!e.estimated) return nullptr;
  ReportJson j;
  j["parameters"] = e.parameters;
  j["weight_bytes"] = e.weight_bytes;
  j["macs"] = e.macs;
  j["macs_known"] = e.macs_known;
  j["activation_bytes"] = json_or_null(e.activation_bytes);
  j["activation_peak_node"] = e.activation_peak_node;
  j["engine_bytes_low"] = json_or_null(e.engine_bytes);
  j["engine_bytes_high"] = json_or_null(e.engine_bytes_high);
  j["batch_as_one"] = e.batch_as_one;
  j["latency_low_ms"] = json_or_null(e.latency_low_ms);
  j["latency_high_ms"] = json_or_null(e.latency_high_ms);
  j["latency_note"] = e.latency_note;
  j["dla"] = nullptr;
  if (e.dla) {
    j["dla"] = {{"nodes_on_dla", e.dla->nodes_on_dla},
                {"nodes_on_gpu", e.dla->nodes_on_gpu},
                {"switches", e.dla->switches}};
  }
  return j;
}

ReportJson json_report(const Report& r, bool nodes) {
  ReportJson j;
  j["target"] = json_target(r.target);
  j["verdict"] = to_string(r.verdict);
  j["yes"] = is_yes(r.verdict);
  j["proof"] = targets::to_string(r.proof);
  j["reason"] = r.reason;
  j["plugins"] = r.plugins;
  j["findings"] = ReportJson::array();
  for (const Finding& f : r.findings) j["findings"].push_back(json_finding(f, nodes));
  j["estimate"] = json_estimate(r.estimate);
  return j;
}

ReportJson json_counts(const std::vector<CountChange>& list) {
  ReportJson j = ReportJson::array();
  for (const CountChange& c : list) j.push_back({{"name", c.name}, {"before", c.before}, {"after", c.after}});
  return j;
}

ReportJson json_ports(const std::vector<PortChange>& list) {
  ReportJson j = ReportJson::array();
  for (const PortChange& p : list) {
    j.push_back({{"name", p.name},
                 {"before", p.before.empty() ? ReportJson(nullptr) : ReportJson(p.before)},
                 {"after", p.after.empty() ? ReportJson(nullptr) : ReportJson(p.after)}});
  }
  return j;
}

// Names in models are any bytes; what is no UTF-8 is replaced.
std::string json_text(const ReportJson& j) {
  return j.dump(-1, ' ', false, ReportJson::error_handler_t::replace);
}

}  // namespace

std::string report_json(const std::string& file, const Report& report) {
  ReportJson j;
  j["model"] = file;
  j.update(json_report(report, true));
  return json_text(j);
}

std::string reports_json(const std::string& file, const std::vector<Report>& reports) {
  ReportJson j;
  j["model"] = file;
  j["targets"] = ReportJson::array();
  for (const Report& r : reports) j["targets"].push_back(json_report(r, false));
  return json_text(j);
}

std::string diff_json(const ModelDiff& d) {
  ReportJson j;
  j["before"] = d.before;
  j["after"] = d.after;
  j["inputs"] = json_ports(d.inputs);
  j["outputs"] = json_ports(d.outputs);
  j["opsets"] = json_counts(d.opsets);
  j["sizes"] = json_counts(d.sizes);
  j["ops"] = json_counts(d.ops);
  j["targets"] = ReportJson::array();
  for (const TargetDiff& t : d.targets) {
    ReportJson e;
    e["target"] = json_target(t.after.target);
    e["before"] = to_string(t.before.verdict);
    e["after"] = to_string(t.after.verdict);
    e["gone"] = ReportJson::array();
    for (const Finding& f : t.gone) e["gone"].push_back(json_finding(f, false));
    e["new"] = ReportJson::array();
    for (const Finding& f : t.fresh) e["new"].push_back(json_finding(f, false));
    j["targets"].push_back(std::move(e));
  }
  return json_text(j);
}

}  // namespace jetline::check

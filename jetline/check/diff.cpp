#include "jetline/check/diff.h"

#include <algorithm>
#include <map>

#include "jetline/base/strings.h"
#include "jetline/graph/inspect.h"

namespace jetline::check {
namespace {

std::vector<PortChange> diff_ports(const std::vector<PortInfo>& a, const std::vector<PortInfo>& b) {
  std::vector<PortChange> out;
  const auto find = [](const std::vector<PortInfo>& list, const std::string& name) {
    for (const PortInfo& p : list) {
      if (p.name == name) return to_string(p.type);
    }
    return std::string();
  };
  for (const PortInfo& p : a) {
    const std::string before = to_string(p.type), after = find(b, p.name);
    if (before != after) out.push_back({p.name, before, after});
  }
  for (const PortInfo& p : b) {
    if (find(a, p.name).empty()) out.push_back({p.name, "", to_string(p.type)});
  }
  return out;
}

std::vector<CountChange> diff_counts(const std::map<std::string, int64_t>& a,
                                     const std::map<std::string, int64_t>& b) {
  std::map<std::string, CountChange> all;
  for (const auto& [name, n] : a) all[name].before = n;
  for (const auto& [name, n] : b) all[name].after = n;
  std::vector<CountChange> out;
  for (auto& [name, change] : all) {
    if (change.before == change.after) continue;
    change.name = name;
    out.push_back(change);
  }
  return out;
}

std::vector<Finding> diff_missing(const std::vector<Finding>& from, const std::vector<Finding>& in) {
  std::vector<Finding> out;
  for (const Finding& f : from) {
    const bool there = std::any_of(in.begin(), in.end(), [&](const Finding& g) {
      return f.id == g.id && f.op == g.op && f.message == g.message && f.unknown == g.unknown;
    });
    if (!there) out.push_back(f);
  }
  return out;
}

std::map<std::string, int64_t> diff_sizes(const ModelSummary& s) {
  return {{"nodes", s.nodes},
          {"parameters", s.parameters},
          {"weight bytes", s.weight_bytes},
          {"multiply-accumulates", s.macs.macs}};
}

std::string diff_or(const std::string& text, const char* other) {
  return text.empty() ? other : text;
}

}  // namespace

ModelDiff diff_models(Model& before, Model& after, const targets::Catalog& catalog,
                      const std::vector<targets::Target>& targets) {
  const ModelSummary a = summarize(before), b = summarize(after);
  ModelDiff d;
  d.inputs = diff_ports(a.inputs, b.inputs);
  d.outputs = diff_ports(a.outputs, b.outputs);
  d.opsets = diff_counts({a.opsets.begin(), a.opsets.end()}, {b.opsets.begin(), b.opsets.end()});
  d.ops = diff_counts(a.ops, b.ops);
  d.sizes = diff_counts(diff_sizes(a), diff_sizes(b));
  Checker first(before, catalog), second(after, catalog);
  for (const targets::Target& t : targets) {
    TargetDiff change;
    change.before = first.check(t);
    change.after = second.check(t);
    change.gone = diff_missing(change.before.findings, change.after.findings);
    change.fresh = diff_missing(change.after.findings, change.before.findings);
    d.targets.push_back(std::move(change));
  }
  return d;
}

std::string diff_text(const ModelDiff& d, const TextStyle& style) {
  std::string out = "--- " + d.before + "\n+++ " + d.after + "\n";
  const auto ports = [&](const char* kind, const std::vector<PortChange>& list) {
    for (const PortChange& p : list) {
      out += std::string(kind) + " " + p.name + ": " + diff_or(p.before, "none") + " -> " +
             diff_or(p.after, "none") + "\n";
    }
  };
  const auto counts = [&](const char* kind, const std::vector<CountChange>& list) {
    for (const CountChange& c : list) {
      out += std::string(kind) + c.name + ": " + std::to_string(c.before) + " -> " + std::to_string(c.after) +
             "\n";
    }
  };
  ports("input", d.inputs);
  ports("output", d.outputs);
  counts("opset ", d.opsets);
  counts("", d.sizes);
  counts("nodes of ", d.ops);
  for (const TargetDiff& t : d.targets) {
    out += "\n" + t.after.target.to_string() + "\n  " +
           colored(to_string(t.before.verdict), t.before.verdict, style.color) + " -> " +
           colored(to_string(t.after.verdict), t.after.verdict, style.color) + "\n";
    const auto findings = [&](const char* mark, const std::vector<Finding>& list) {
      for (const Finding& f : list) {
        out += "  " + std::string(mark) + " " +
               wrap(std::string(finding_word(f)) + " " + diff_or(f.op, "model") + ": " + f.message, 4,
                    style.width) +
               "\n";
      }
    };
    findings("-", t.gone);
    findings("+", t.fresh);
  }
  return out;
}

}  // namespace jetline::check

#include "jetline/picture/verdict_style.h"

#include <unordered_map>

#include "jetline/check/subject.h"

namespace jetline::picture {
namespace {

struct VerdictLook {
  const char* css;
  const char* label;
  int severity;
};

VerdictLook look_of(const check::Finding& f) {
  using targets::Effect;
  if (f.unknown) return {"v-unknown", "not decided", 3};
  switch (f.effect) {
    case Effect::kRefused:
      return f.fix.empty() ? VerdictLook{"v-refused", "refused", 6} : VerdictLook{"v-fix", "needs a fix", 4};
    case Effect::kWrong:
      return f.fix.empty() ? VerdictLook{"v-wrong", "wrong numbers", 5}
                           : VerdictLook{"v-fix", "needs a fix", 4};
    case Effect::kPlugin:
      return {"v-plugin", "by plugin", 2};
    case Effect::kSlow:
      return {"v-slow", "slow", 1};
    case Effect::kNote:
    case Effect::kDla:
      break;
  }
  return {"v-runs", "", 0};
}

// Findings by the label of what they are about.
using StyleTable = std::unordered_map<std::string, NodeStyle>;

NodeStyle style_of(const StyleTable& table, const std::string& label, const char* otherwise) {
  const auto it = table.find(label);
  if (it != table.end()) return it->second;
  NodeStyle s;
  s.css = otherwise;
  return s;
}

}  // namespace

void color_by_verdict(const check::Report& report, PictureOptions& options) {
  auto nodes = std::make_shared<StyleTable>(), ports = std::make_shared<StyleTable>();
  for (const check::Finding& f : report.findings) {
    const VerdictLook look = look_of(f);
    const bool port = f.op == "graph.input" || f.op == "graph.output";
    for (const std::string& label : f.nodes) {
      NodeStyle& s = (*(port ? ports : nodes))[label];
      if (s.css.empty() || look.severity > s.severity) {
        s.css = look.css;
        s.label = look.label;
        s.severity = look.severity;
      }
      s.tooltip +=
          (s.tooltip.empty() ? "" : "\n") + f.id + ": " + f.message + (f.hint.empty() ? "" : "; " + f.hint);
    }
  }
  options.style = [nodes](const Node& n) {
    check::Subject subject;
    subject.node = &n;
    subject.op = n.op();
    return style_of(*nodes, subject.label(), "v-runs");
  };
  options.port_style = [ports](const Value& v) { return style_of(*ports, v.name(), ""); };
  options.legend = {{"v-runs", "runs", "#bfe5c8", "#1f5a33"},
                    {"v-slow", "runs, slowly", "#f3e7a9", "#655a10"},
                    {"v-plugin", "runs by plugin", "#bcd7f5", "#1f4b7a"},
                    {"v-unknown", "not decided", "#dcdfe3", "#414850"},
                    {"v-fix", "runs after a fix", "#f8d0a0", "#7a4a14"},
                    {"v-wrong", "parses, gives wrong numbers", "#e9b8e6", "#6b2a68"},
                    {"v-refused", "will not parse", "#f5a9a0", "#8a2a1c"}};
  options.subtitle = report.target.to_string() + ": " + check::to_string(report.verdict) +
                     (report.reason.empty() ? "" : " (" + report.reason + ")");
}

}  // namespace jetline::picture

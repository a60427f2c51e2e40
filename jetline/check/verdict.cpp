#include "jetline/check/verdict.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline::check {
namespace {

using targets::Effect;
using targets::Proof;

struct VerdictCount {
  int kinds = 0, without_fix = 0;
  size_t nodes = 0;
  const Finding* first = nullptr;
  Proof best = Proof::kInferred, worst = Proof::kBuilt;

  void add(const Finding& f) {
    if (!first) first = &f;
    ++kinds;
    nodes += std::max<size_t>(f.nodes.size(), 1);
    without_fix += f.fix.empty() ? 1 : 0;
    best = std::min(best, f.proof);
    worst = std::max(worst, f.proof);
  }
};

std::string verdict_subject(const Finding& f) {
  if (f.op.empty()) return f.nodes.empty() ? "the model" : "'" + f.nodes[0] + "'";
  if (f.nodes.size() > 1) return std::to_string(f.nodes.size()) + " " + f.op + " nodes";
  return f.op + (f.nodes.empty() ? "" : " '" + f.nodes[0] + "'");
}

std::string verdict_lead(const VerdictCount& c) {
  std::string text = verdict_subject(*c.first) + ": " + c.first->message;
  if (c.kinds > 1)
    text += " (and " + std::to_string(c.kinds - 1) + (c.kinds > 2 ? " other reasons)" : " other reason)");
  return text;
}

std::string verdict_memory(const Report& r) {
  const double gib = 1024.0 * 1024 * 1024;
  char text[160];
  std::snprintf(text, sizeof text, "needs at least %.2f GiB, and %s leaves %.2f GiB",
                static_cast<double>(*r.estimate.engine_bytes) / gib, r.target.board->name.c_str(),
                r.target.board->memory_gib - r.target.board->reserved_gib);
  return text;
}

}  // namespace

const char* to_string(Verdict v) {
  switch (v) {
    case Verdict::kRuns:
      return "runs";
    case Verdict::kRunsWithPlugin:
      return "runs with plugin";
    case Verdict::kRunsAfterFix:
      return "runs after fix";
    case Verdict::kWrongNumbers:
      return "parses but gives wrong numbers";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kWillNotFit:
      return "will not fit";
    case Verdict::kWillNotParse:
      return "will not parse";
  }
  return "unknown";
}

bool is_yes(Verdict v) {
  return v == Verdict::kRuns || v == Verdict::kRunsWithPlugin;
}

bool fits(const Report& r) {
  const targets::Board* b = r.target.board;
  if (!b || b->memory_gib <= 0 || !r.estimate.engine_bytes) return true;
  const double free = (b->memory_gib - b->reserved_gib) * 1024 * 1024 * 1024;
  return static_cast<double>(*r.estimate.engine_bytes) <= free;
}

void decide(const Judgement& judgement, Report& r) {
  r.findings = judgement.findings;
  r.plugins = judgement.plugins;
  VerdictCount refused, unknown, wrong, plugin;
  for (const Finding& f : r.findings) {
    if (f.unknown) {
      unknown.add(f);
    } else if (f.effect == Effect::kRefused) {
      refused.add(f);
    } else if (f.effect == Effect::kWrong) {
      wrong.add(f);
    } else if (f.effect == Effect::kPlugin) {
      plugin.add(f);
    }
  }
  if (refused.kinds > 0) {
    const bool fixable = refused.without_fix == 0 && wrong.without_fix == 0 && unknown.kinds == 0;
    r.verdict = fixable ? Verdict::kRunsAfterFix : Verdict::kWillNotParse;
    r.proof = refused.best;
    r.reason = verdict_lead(refused);
  } else if (unknown.kinds > 0) {
    r.verdict = Verdict::kUnknown;
    r.proof = Proof::kInferred;
    r.reason = verdict_lead(unknown);
  } else if (wrong.kinds > 0) {
    r.verdict = Verdict::kWrongNumbers;
    r.proof = wrong.best;
    r.reason = verdict_lead(wrong);
  } else if (!fits(r)) {
    r.verdict = Verdict::kWillNotFit;
    r.proof = Proof::kInferred;
    r.reason = verdict_memory(r);
  } else if (plugin.kinds > 0) {
    r.verdict = Verdict::kRunsWithPlugin;
    r.proof = std::max(judgement.proof, plugin.worst);
    r.reason = "with " + join(r.plugins, ", ") + "; every other operator has an importer and no rule objects";
  } else {
    r.verdict = Verdict::kRuns;
    r.proof = judgement.proof;
    r.reason = "every operator has an importer in TensorRT " + r.target.tensorrt.to_string() +
               " and no rule objects";
  }
}

}  // namespace jetline::check

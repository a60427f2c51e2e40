#include "jetline/check/report/text.h"

#include <algorithm>
#include <cstdio>

#include "jetline/base/strings.h"
#include "jetline/check/judge.h"

namespace jetline::check {
namespace {

std::string text_ms(double ms) {
  char text[32];
  std::snprintf(text, sizeof text, ms < 10 ? "%.2g" : "%.0f", ms);
  return text;
}

std::string text_nodes(const Finding& f, size_t most) {
  std::vector<std::string> names(
      f.nodes.begin(), f.nodes.begin() + static_cast<std::ptrdiff_t>(std::min(most, f.nodes.size())));
  std::string out = join(names, ", ");
  if (f.nodes.size() > names.size()) out += " and " + std::to_string(f.nodes.size() - names.size()) + " more";
  return out;
}

constexpr size_t kTextLabel = 14;  // columns of the words on the left

std::string text_row(const std::string& label, const std::string& text, const TextStyle& style) {
  std::string out = "  " + label;
  out += std::string(label.size() + 2 < kTextLabel ? kTextLabel - label.size() - 2 : 1, ' ');
  return out + wrap(text, kTextLabel, style.width) + "\n";
}

std::string text_finding(const Finding& f, const TextStyle& style) {
  const std::string what = (f.op.empty() ? "model" : f.op) +
                           (f.nodes.size() > 1 ? " x" + std::to_string(f.nodes.size()) : "") + ": " +
                           f.message;
  const bool bad = severity(f) < 4;
  std::string out = finding_word(f);
  const std::string lead = out + std::string(out.size() < kTextLabel ? kTextLabel - out.size() : 1, ' ');
  out = (style.color ? (bad ? "\033[31m" : "\033[33m") + lead + "\033[0m" : lead) +
        wrap(what, kTextLabel, style.width) + "\n";
  if (!f.nodes.empty() && style.nodes > 0) out += text_row("nodes", text_nodes(f, style.nodes), style);
  if (!f.hint.empty()) out += text_row("help", f.hint, style);
  if (!f.fix.empty()) out += text_row("fix", f.fix + " (jetline fix applies it)", style);
  const std::string source = f.source.empty() ? "" : f.source + ", ";
  return out + text_row("evidence",
                        source + targets::to_string(f.proof) + "; jetline check --explain " + f.id, style);
}

// "the input 'x'", or what a node gives.
std::string text_unsized(const std::string& label) {
  return starts_with(label, "the input '") ? label : "what " + label + " gives";
}

std::string text_estimate(const Report& r, const TextStyle& style) {
  const Estimate& e = r.estimate;
  const std::string precision = targets::to_string(r.target.precision);
  std::string out = text_row("weights",
                             human_bytes(static_cast<double>(e.weight_bytes)) + " in " + precision + ", " +
                                 human_count(static_cast<double>(e.parameters)) + " parameters",
                             style);
  out += text_row(
      "activations",
      e.activation_bytes
          ? human_bytes(static_cast<double>(*e.activation_bytes)) + " at the peak, " + e.activation_peak_node
          : "no estimate: the size of " + text_unsized(e.activation_peak_node) + " is not known",
      style);
  if (e.engine_bytes) {
    std::string text = human_bytes(static_cast<double>(*e.engine_bytes)) + " to " +
                       human_bytes(static_cast<double>(e.engine_bytes_high.value_or(*e.engine_bytes))) +
                       " with context and libraries";
    const targets::Board* b = r.target.board;
    if (b && b->memory_gib > 0) {
      text += "; the board leaves " + human_bytes((b->memory_gib - b->reserved_gib) * 1024 * 1024 * 1024);
    }
    out += text_row("memory", text, style);
  }
  out += text_row("work",
                  (e.macs_known ? "" : "at least ") + human_count(static_cast<double>(e.macs)) +
                      " multiply-accumulates" + (e.batch_as_one ? ", for a batch of one" : ""),
                  style);
  out += text_row("latency",
                  e.latency_low_ms ? text_ms(*e.latency_low_ms) + " to " + text_ms(*e.latency_high_ms) +
                                         " ms; " + e.latency_note
                                   : e.latency_note,
                  style);
  if (e.dla) {
    out += text_row("dla",
                    std::to_string(e.dla->nodes_on_dla) + " nodes on the DLA, " +
                        std::to_string(e.dla->nodes_on_gpu) + " on the GPU, " +
                        std::to_string(e.dla->switches) + " changes between them",
                    style);
  }
  return out;
}

}  // namespace

std::string wrap(const std::string& text, size_t indent, size_t width) {
  std::string out;
  size_t column = indent;
  for (const std::string& word : split(text, ' ')) {
    size_t length = 0;
    for (const char c : word) length += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (!out.empty()) {
      if (column + 1 + length > width) {
        out += "\n" + std::string(indent, ' ');
        column = indent;
      } else {
        out += ' ';
        ++column;
      }
    }
    out += word;
    column += length;
  }
  return out;
}

const char* finding_word(const Finding& f) {
  if (f.unknown) return "unknown";
  return targets::to_string(f.effect);
}

std::string colored(const std::string& text, Verdict v, bool color) {
  if (!color) return text;
  const char* code = "\033[31m";
  if (is_yes(v)) code = "\033[32m";
  if (v == Verdict::kRunsAfterFix || v == Verdict::kWrongNumbers || v == Verdict::kUnknown) code = "\033[33m";
  return code + text + "\033[0m";
}

std::string report_text(const std::string& file, const Report& r, const TextStyle& style) {
  std::string out = wrap(file + " on " + r.target.to_string(), 0, style.width) + "\n\n";
  const std::string verdict = to_string(r.verdict);
  out += colored(verdict, r.verdict, style.color) + " (" + targets::to_string(r.proof) + ")\n";
  out += "  " + wrap(r.reason, 2, style.width) + "\n";
  if (!r.findings.empty()) out += "\n";
  for (const Finding& f : r.findings) out += text_finding(f, style);
  if (r.estimate.estimated) out += "\nestimate\n" + text_estimate(r, style);
  return out;
}

}  // namespace jetline::check

#include <algorithm>
#include <map>

#include "jetline/base/strings.h"
#include "jetline/check/report/text.h"

namespace jetline::check {
namespace {

constexpr size_t kCell = 8;  // the longest word and a blank

// One column: a TensorRT release ("8.2") and the JetPacks that bring it.
struct MatrixColumn {
  targets::Version tensorrt;
  std::string first, last;  // JetPacks, oldest and newest
  std::map<const targets::Board*, std::vector<const Report*>> cells;
};

targets::Version matrix_release(const targets::Version& v) {
  targets::Version r = v;
  r.part[2] = r.part[3] = 0;
  r.parts = std::min(r.parts, 2);
  return r;
}

struct MatrixPart {
  std::vector<MatrixColumn> columns;
  std::vector<const targets::Board*> boards;
};

MatrixPart matrix_part(const std::vector<Report>& reports, bool jetson) {
  MatrixPart part;
  for (const Report& r : reports) {
    const targets::Target& t = r.target;
    if (!t.board || t.board->is_jetson != jetson) continue;
    if (std::find(part.boards.begin(), part.boards.end(), t.board) == part.boards.end())
      part.boards.push_back(t.board);
    const targets::Version release = matrix_release(t.tensorrt);
    auto at = std::find_if(part.columns.begin(), part.columns.end(),
                           [&](const MatrixColumn& c) { return c.tensorrt == release; });
    if (at == part.columns.end()) {
      at = part.columns.insert(std::find_if(part.columns.begin(), part.columns.end(),
                                            [&](const MatrixColumn& c) { return release < c.tensorrt; }),
                               MatrixColumn());
      at->tensorrt = release;
    }
    at->cells[t.board].push_back(&r);
    if (!t.jetpack) continue;
    const auto older = [&](const std::string& a, const std::string& b) {
      const auto va = targets::parse_version(a), vb = targets::parse_version(b);
      return va.ok() && vb.ok() && *va < *vb;
    };
    if (at->first.empty() || older(t.jetpack->id, at->first)) at->first = t.jetpack->id;
    if (at->last.empty() || older(at->last, t.jetpack->id)) at->last = t.jetpack->id;
  }
  return part;
}

// Patch releases of one column may differ; the worst is shown.
Verdict matrix_worst(const std::vector<const Report*>& reports) {
  Verdict worst = reports[0]->verdict;
  for (const Report* r : reports) worst = std::max(worst, r->verdict);
  return worst;
}

std::string matrix_pad(const std::string& text, size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

// "4.6.1-4.6.6" in two rows, so that columns stay narrow.
std::string matrix_lines(const MatrixPart& part, size_t begin, size_t end, const TextStyle& style) {
  size_t name = 8;
  for (const targets::Board* b : part.boards) name = std::max(name, b->id.size());

  std::string from, to, trt;
  bool jetpacks = false;
  for (size_t c = begin; c < end; ++c) {
    const MatrixColumn& column = part.columns[c];
    jetpacks = jetpacks || !column.first.empty();
    from += matrix_pad(column.first, kCell);
    to += matrix_pad(column.last == column.first ? "" : "-" + column.last, kCell);
    trt += matrix_pad(column.tensorrt.to_string(), kCell);
  }
  std::string out;
  const auto line = [&](const std::string& label, std::string cells) {
    while (!cells.empty() && cells.back() == ' ') cells.pop_back();
    out += matrix_pad(label, name + 2) + cells + "\n";
  };
  if (jetpacks) {
    line("JetPack", from);
    if (to.find_first_not_of(' ') != std::string::npos) line("", to);
  }
  line("TensorRT", trt);
  for (const targets::Board* b : part.boards) {
    std::string cells;
    for (size_t c = begin; c < end; ++c) {
      const auto at = part.columns[c].cells.find(b);
      if (at == part.columns[c].cells.end()) {
        cells += matrix_pad(".", kCell);
        continue;
      }
      const Verdict v = matrix_worst(at->second);
      const std::string word = verdict_word(v);
      cells += colored(word, v, style.color) + std::string(kCell - word.size(), ' ');
    }
    line(b->id, cells);
  }
  return out;
}

std::string matrix_blocks(const MatrixPart& part, const TextStyle& style) {
  size_t name = 8;
  for (const targets::Board* b : part.boards) name = std::max(name, b->id.size());
  const size_t fit = std::max<size_t>(1, (style.width - std::min(style.width, name + 2)) / kCell);
  std::string out;
  for (size_t begin = 0; begin < part.columns.size(); begin += fit) {
    out += (out.empty() ? "" : "\n") +
           matrix_lines(part, begin, std::min(begin + fit, part.columns.size()), style);
  }
  return out;
}

// A card runs many releases: equal words in a row are said once, "no 7.1-8.4, runs 8.5-8.6".
std::string matrix_card(const MatrixPart& part, const targets::Board* b, const TextStyle& style) {
  struct Run {
    Verdict verdict;
    const targets::Version *from, *to;
  };
  std::vector<Run> runs;
  for (const MatrixColumn& c : part.columns) {
    const auto at = c.cells.find(b);
    if (at == c.cells.end()) continue;
    const Verdict v = matrix_worst(at->second);
    if (runs.empty() || runs.back().verdict != v) runs.push_back({v, &c.tensorrt, &c.tensorrt});
    runs.back().to = &c.tensorrt;
  }
  std::string out;
  for (const Run& r : runs) {
    out += (out.empty() ? "" : ", ") + colored(verdict_word(r.verdict), r.verdict, style.color) + " " +
           r.from->to_string();
    if (r.from != r.to) out += "-" + r.to->to_string();
  }
  return out;
}

std::string matrix_cards(const MatrixPart& part, const TextStyle& style) {
  if (part.boards.empty()) return "";
  std::string out = "other boards and cards, by TensorRT\n";
  size_t name = 8;
  for (const targets::Board* b : part.boards) name = std::max(name, b->id.size());
  for (const targets::Board* b : part.boards) {
    out += matrix_pad(b->id, name + 2) + wrap(matrix_card(part, b, style), name + 2, style.width) + "\n";
  }
  return out;
}

}  // namespace

const char* verdict_word(Verdict v) {
  switch (v) {
    case Verdict::kRuns:
      return "runs";
    case Verdict::kRunsWithPlugin:
      return "plugin";
    case Verdict::kRunsAfterFix:
      return "fix";
    case Verdict::kWrongNumbers:
      return "wrong";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kWillNotFit:
      return "no fit";
    case Verdict::kWillNotParse:
      return "no";
  }
  return "unknown";
}

std::string matrix_text(const std::string& file, const std::vector<Report>& reports, const TextStyle& style) {
  std::string out = file + "\n\n";
  const std::string jetsons = matrix_blocks(matrix_part(reports, true), style);
  const std::string cards = matrix_cards(matrix_part(reports, false), style);
  out += jetsons + (jetsons.empty() || cards.empty() ? "" : "\n") + cards;
  out += "\n" +
         wrap(
             "runs: as it is. plugin: with a plugin that ships with TensorRT. fix: after jetline fix. wrong: "
             "parses but gives wrong numbers. unknown: a rule could not be decided. no fit: not enough "
             "memory. no: will not parse. . : not on that board.",
             0, style.width) +
         "\n";
  return out;
}

}  // namespace jetline::check

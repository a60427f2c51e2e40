// Reports for people: one target at length, all of them as a matrix. Pure functions; text ends with a
// newline.
#pragma once

#include <string>
#include <vector>

#include "jetline/check/check.h"

namespace jetline::check {

struct TextStyle {
  bool color = false;
  size_t width = 100;  // columns; longer lines are broken between words
  size_t nodes = 4;    // names shown of one finding
};

// Verdict with its proof and reason, findings worst first, estimates.
std::string report_text(const std::string& file, const Report& report, const TextStyle& style = {});

// One word a cell: boards by TensorRT release (with the JetPacks that bring it), desktop cards below.
// `reports` as targets::all_targets orders them.
std::string matrix_text(const std::string& file, const std::vector<Report>& reports,
                        const TextStyle& style = {});
// The word of a cell: "runs", "plugin", "fix", "wrong", "unknown", "no fit", "no".
const char* verdict_word(Verdict v);

// "refused", "wrong", "unknown", "plugin", "slow", "dla", "note".
const char* finding_word(const Finding& finding);
// `text` broken at `width` columns between words, lines after the first indented.
std::string wrap(const std::string& text, size_t indent, size_t width);
// "\033[31mtext\033[0m" for a verdict when `color` is set.
std::string colored(const std::string& text, Verdict verdict, bool color);

}  // namespace jetline::check

#include "jetline/targets/board.h"

#include "jetline/base/strings.h"

namespace jetline::targets {
namespace {
struct PrecisionRow {
  const char* name;
  Precision precision;
};
constexpr PrecisionRow kPrecisions[] = {{"fp32", Precision::kFp32}, {"tf32", Precision::kTf32},
                                        {"fp16", Precision::kFp16}, {"bf16", Precision::kBf16},
                                        {"int8", Precision::kInt8}, {"fp8", Precision::kFp8},
                                        {"fp4", Precision::kFp4}};
}  // namespace

const char* to_string(Precision p) {
  for (const PrecisionRow& row : kPrecisions) {
    if (row.precision == p) return row.name;
  }
  return "?";
}

Result<Precision> parse_precision(std::string_view text) {
  const std::string word = to_lower(trim(text));
  for (const PrecisionRow& row : kPrecisions) {
    if (word == row.name) return row.precision;
  }
  return Status::usage("targets.unknown-precision",
                       "'" + std::string(text.substr(0, 40)) + "' is no precision",
                       "one of fp32, tf32, fp16, bf16, int8, fp8, fp4");
}

const Peak& peak_with(const Board& board, const JetPack* jetpack) {
  const Peak* peak = &board.peak;
  for (const PowerMode& mode : board.modes) {
    if (jetpack && mode.jetpack.holds(jetpack->version)) peak = &mode.peak;
  }
  return *peak;
}

}  // namespace jetline::targets

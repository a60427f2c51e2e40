#include "jetline/pipeline/stage_error.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline {
namespace {

ErrorKind kind_of_exit(int code) {
  switch (code) {
    case 1:
      return ErrorKind::kNegative;
    case 2:
      return ErrorKind::kUsage;
    case 3:
      return ErrorKind::kBadInput;
    case 4:
      return ErrorKind::kMissing;
    case 130:
      return ErrorKind::kCancelled;
    default:
      return ErrorKind::kInternal;
  }
}

std::string field_of(const nlohmann::ordered_json& error, const char* key) {
  return error.contains(key) && error[key].is_string() ? error[key].get<std::string>() : std::string();
}

}  // namespace

Status stage_status(const std::string& stage, const ProcessSpec& spec, const ProcessResult& p) {
  if (p.timed_out) {
    return Status::negative(
        "pipeline.stage-timeout",
        "stage '" + stage + "' was stopped after " + std::to_string(spec.timeout / kSecond) + " s",
        "raise its timeout_minutes", stage);
  }
  if (p.exit_code == 0) return Status();
  if (p.exit_code == 130) return Status::cancelled("stage '" + stage + "' was stopped by the user");
  const auto j = nlohmann::ordered_json::parse(p.output, nullptr, false);
  if (j.is_object() && j.contains("error") && j["error"].is_object() && !field_of(j["error"], "id").empty()) {
    const auto& e = j["error"];
    const std::string where = field_of(e, "where");
    return Status::make(kind_of_exit(p.exit_code), field_of(e, "id"),
                        "stage '" + stage + "': " + field_of(e, "message"), field_of(e, "hint"),
                        where.empty() ? stage : where);
  }
  const std::string tail = last_lines(p.errors, 1);
  const std::string how = p.signal ? "was ended by signal " + std::to_string(p.signal)
                                   : "ended with exit code " + std::to_string(p.exit_code);
  return Status::make(kind_of_exit(p.exit_code), "pipeline.stage-failed",
                      "stage '" + stage + "' " + how + (tail.empty() ? "" : ": " + tail),
                      p.signal == 9 ? "signal 9 is what a machine out of memory sends" : "", stage);
}

Result<nlohmann::ordered_json> stage_result(const std::string& stage, const ProcessResult& p) {
  auto j = nlohmann::ordered_json::parse(p.output, nullptr, false);
  if (!p.output_cut && j.is_structured()) return j;
  return Status::internal("pipeline.stage-output",
                          "stage '" + stage + "' did not print one JSON value" +
                              (p.output_cut ? " (its output is too long)" : ""),
                          "is it a verb that takes --json?", stage);
}

std::string shell_line(const std::vector<std::string>& argv) {
  std::vector<std::string> words;
  for (const std::string& w : argv) {
    const bool plain = !w.empty() && std::all_of(w.begin(), w.end(), [](unsigned char c) {
      return std::isalnum(c) ||
             std::string_view("-_./=,:+@%").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (plain) {
      words.push_back(w);
      continue;
    }
    std::string quoted = "'";
    for (const char c : w) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    words.push_back(quoted + "'");
  }
  return join(words, " ");
}

std::string last_lines(const std::string& text, size_t count) {
  std::vector<std::string> lines;
  for (std::string& l : split(text, '\n')) {
    // A progress bar overwrites its line; only what stood last was seen.
    const size_t r = l.rfind('\r', l.empty() ? 0 : l.size() - 1);
    if (r != std::string::npos && r + 1 < l.size()) l = l.substr(r + 1);
    if (!trim(l).empty()) lines.emplace_back(trim(l));
  }
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<long>(count));
  return join(lines, "\n");
}

}  // namespace jetline

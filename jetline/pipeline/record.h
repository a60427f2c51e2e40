// What is remembered of a stage that ran to its end: the parts of its cache key, what it made and what it
// said. One JSON file a stage, OUTPUT/.jetline/NAME.json, written when the stage has succeeded and removed
// before it runs again, so that a stage killed halfway has none.
//
// A stage is unchanged when every part of the key is the same and every output still has the content it had.
// Ids: those of read_file and write_file; a record that cannot be understood counts as none.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/status.h"

namespace jetline {

struct StageRecord {
  // (what, value) in a fixed order: program version, verb, arguments, content hashes of inputs, stages before
  // it.
  std::vector<std::pair<std::string, std::string>> key_parts;
  std::vector<std::pair<std::string, std::string>> outputs;  // path template -> content hash
  std::string command;                                       // for people, as a shell line
  std::string started;                                       // UTC, "2024-05-01T12:00:00Z"
  double seconds = 0;
  int64_t peak_rss_bytes = 0;
  nlohmann::ordered_json result;  // what the verb printed under --json

  std::string key() const;          // SHA-256 over key_parts
  std::string outputs_key() const;  // SHA-256 over outputs and result, for the stages after it
};

std::string stage_record_to_json(const StageRecord& record);
std::optional<StageRecord> stage_record_from_json(const std::string& text);

// SHA-256 of a file, or of the names and contents of all files below a folder (their times do not count).
Result<std::string> content_hash(const std::string& path);

// Why `now` differs from `before` ("arguments changed: …"), or "" when they are the same.
std::string difference_of_keys(const StageRecord& before, const StageRecord& now);

}  // namespace jetline

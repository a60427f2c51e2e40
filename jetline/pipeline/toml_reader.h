// Typed access to a TOML table that names the line of every mistake and refuses keys nobody asked for, so
// that a typo is never silently ignored. For this room only. Ids: pipeline.field, pipeline.unknown-key.
#pragma once

#include <toml++/toml.h>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/status.h"

namespace jetline {

class TomlReader {
 public:
  // `what` names the table in messages ("[train]"); the table must outlive the reader.
  TomlReader(const toml::table& table, std::string file, std::string what)
      : table_(table), file_(std::move(file)), what_(std::move(what)) {}

  // Each leaves `out` alone when the key is absent and reports pipeline.field when it is something else.
  Status text(const char* key, std::string& out);
  Status number(const char* key, double& out);  // also takes integers
  Status texts(const char* key, std::vector<std::string>& out);
  // name = integer pairs of an inline table, in the order of the file.
  Status counts(const char* key, std::vector<std::pair<std::string, int64_t>>& out);
  // Any text, integer, number or boolean as an option's text ("true" and "false" for booleans).
  Status scalar(const char* key, std::string& out, bool& is_flag);
  bool has(const char* key) const { return table_.contains(key); }
  // Keys that somebody else reads.
  void know(const std::vector<std::string>& keys) { known_.insert(keys.begin(), keys.end()); }
  // pipeline.unknown-key for the first key that was never asked for.
  Status finish() const;
  std::string where(const toml::node* node = nullptr) const;
  Status wrong(const char* key, const std::string& needed) const;

 private:
  const toml::node* find(const char* key);
  const toml::table& table_;
  std::string file_, what_;
  std::set<std::string> known_;
};

}  // namespace jetline

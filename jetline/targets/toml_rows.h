// A TOML file as a flat list of rows: the form in which tables of targets are read. `[[rule]]` gives a row of
// the name "rule", `[board.peak]` below `[[board]]` one of the name "board.peak" after its board; what stands
// above the first table is the row "". Values: text, whole number, number, boolean, lists of texts or whole
// numbers.
//
// RowReader reads one row and refuses what nobody asked for, so that a typo is never silently ignored. The
// first mistake is kept; later calls do nothing. For this room only. Id: targets.bad-toml, with file and
// line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/targets/version.h"

namespace jetline::targets {

using TomlValue =
    std::variant<std::string, int64_t, double, bool, std::vector<std::string>, std::vector<int64_t>>;

struct TomlField {
  std::string key;
  int line = 0;
  TomlValue value;
};

struct TomlRow {
  std::string name;
  int line = 0;
  std::vector<TomlField> fields;
};

// Rows in the order of the file. `compiled_in`: one of our own tables, read by scan_toml_rows where it can.
Result<std::vector<TomlRow>> read_toml_rows(std::string_view text, const std::string& file,
                                            bool compiled_in = false);
// The same for the part of TOML that the compiled-in tables use, much faster; false: something else stands
// there, which may be right or wrong TOML. For trusted text: repeated keys and tables are not noticed.
bool scan_toml_rows(std::string_view text, std::vector<TomlRow>& rows);

class RowReader {
 public:
  // Both must outlive the reader.
  RowReader(const TomlRow& row, const std::string& file) : row_(row), file_(file), used_(row.fields.size()) {}

  // Each leaves `out` alone when the key is absent; with `needed` that is a mistake.
  void text(std::string_view key, std::string& out, bool needed = false);
  void texts(std::string_view key, std::vector<std::string>& out,
             bool needed = false);  // also takes one text
  void number(std::string_view key, double& out, bool needed = false);
  void integer(std::string_view key, int& out);
  void integers(std::string_view key, std::vector<int>& out);  // also takes one number
  void boolean(std::string_view key, bool& out, bool needed = false);
  void version(std::string_view key, Version& out, bool needed = false);
  void range(std::string_view key, VersionRange& out, bool needed = false);
  bool has(std::string_view key) const;

  void fail(std::string_view key, const std::string& message, const std::string& hint = {});
  // The first mistake, or the first key that was never asked for.
  Status finish();

 private:
  const TomlField* find(std::string_view key, bool needed);
  void wrong_kind(std::string_view key, const char* wanted);

  const TomlRow& row_;
  const std::string& file_;
  std::vector<char> used_;
  Status status_;
};

Status toml_row_error(const std::string& file, int line, const std::string& message,
                      const std::string& hint = {});

}  // namespace jetline::targets

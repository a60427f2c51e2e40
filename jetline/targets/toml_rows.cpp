#include "jetline/targets/toml_rows.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>

namespace jetline::targets {
namespace {

constexpr size_t kMaxTomlBytes = size_t{4} << 20;
constexpr int kMaxTableDepth = 4;

int line_of(const toml::node& node) {
  return static_cast<int>(node.source().begin.line);
}

// A list of texts or of whole numbers; an empty list is one of texts.
bool list_value(const toml::array& list, TomlValue& out) {
  std::vector<std::string> texts;
  std::vector<int64_t> numbers;
  for (const toml::node& e : list) {
    if (const auto* s = e.as_string()) {
      texts.push_back(s->get());
    } else if (const auto* i = e.as_integer()) {
      numbers.push_back(i->get());
    } else {
      return false;
    }
  }
  if (!texts.empty() && !numbers.empty()) return false;
  if (numbers.empty()) {
    out = std::move(texts);
  } else {
    out = std::move(numbers);
  }
  return true;
}

bool scalar_value(const toml::node& node, TomlValue& out) {
  if (const auto* s = node.as_string()) {
    out = s->get();
  } else if (const auto* i = node.as_integer()) {
    out = i->get();
  } else if (const auto* d = node.as_floating_point()) {
    out = d->get();
  } else if (const auto* b = node.as_boolean()) {
    out = b->get();
  } else {
    const auto* list = node.as_array();
    return list && list_value(*list, out);
  }
  return true;
}

bool is_list_of_tables(const toml::node& node) {
  const auto* list = node.as_array();
  return list && !list->empty() && list->is_homogeneous(toml::node_type::table);
}

Status add_rows(const toml::table& table, const std::string& name, const std::string& file, int depth,
                std::vector<TomlRow>& rows) {
  const size_t mine = rows.size();
  rows.emplace_back();
  rows[mine].name = name;
  rows[mine].line = line_of(table);
  for (auto&& [key, node] : table) {
    const std::string key_text(key.str());
    const std::string below = name.empty() ? key_text : name + "." + key_text;
    if (node.is_table() || is_list_of_tables(node)) {
      if (depth == kMaxTableDepth) return toml_row_error(file, line_of(node), "tables are nested too deeply");
      if (const auto* one = node.as_table()) {
        JETLINE_RETURN_IF_ERROR(add_rows(*one, below, file, depth + 1, rows));
        continue;
      }
      for (const toml::node& e : *node.as_array()) {
        JETLINE_RETURN_IF_ERROR(add_rows(*e.as_table(), below, file, depth + 1, rows));
      }
      continue;
    }
    TomlField field;
    field.key = key_text;
    field.line = line_of(node);
    if (!scalar_value(node, field.value)) {
      return toml_row_error(file, field.line, "'" + field.key + "' has a value of a kind that no table uses",
                            "texts, numbers, true and false, and lists of texts or whole numbers are used");
    }
    rows[mine].fields.push_back(std::move(field));
  }
  return Status();
}

}  // namespace

Status toml_row_error(const std::string& file, int line, const std::string& message,
                      const std::string& hint) {
  return Status::bad_input("targets.bad-toml", message, hint, file + ":" + std::to_string(line));
}

Result<std::vector<TomlRow>> read_toml_rows(std::string_view text, const std::string& file,
                                            bool compiled_in) {
  std::vector<TomlRow> rows;
  if (compiled_in && scan_toml_rows(text, rows)) return rows;
  rows.clear();
  if (text.size() > kMaxTomlBytes) return toml_row_error(file, 1, "the file is over 4 MiB");
  toml::table root;
  try {  // toml++ reports by exception here; none leaves this function
    root = toml::parse(text, std::string_view(file));
  } catch (const toml::parse_error& e) {
    return toml_row_error(file, static_cast<int>(e.source().begin.line),
                          "this is not valid TOML: " + std::string(e.description()));
  }
  JETLINE_RETURN_IF_ERROR(add_rows(root, "", file, 0, rows));
  // Tables come sorted by name; a rule must follow its operator and keep its place among the others.
  std::stable_sort(rows.begin() + 1, rows.end(),
                   [](const TomlRow& a, const TomlRow& b) { return a.line < b.line; });
  return rows;
}

bool RowReader::has(std::string_view key) const {
  return std::any_of(row_.fields.begin(), row_.fields.end(),
                     [&](const TomlField& f) { return f.key == key; });
}

const TomlField* RowReader::find(std::string_view key, bool needed) {
  for (size_t i = 0; i < row_.fields.size(); ++i) {
    if (row_.fields[i].key != key) continue;
    used_[i] = 1;
    return status_.ok() ? &row_.fields[i] : nullptr;
  }
  if (needed)
    fail(key, "'" + std::string(key) + "' is missing" + (row_.name.empty() ? "" : " in " + row_.name));
  return nullptr;
}

void RowReader::fail(std::string_view key, const std::string& message, const std::string& hint) {
  if (!status_.ok()) return;
  int line = row_.line;
  for (const TomlField& f : row_.fields) {
    if (f.key == key) line = f.line;
  }
  status_ = toml_row_error(file_, line, message, hint);
}

void RowReader::wrong_kind(std::string_view key, const char* wanted) {
  fail(key, "'" + std::string(key) + "' must be " + wanted);
}

void RowReader::text(std::string_view key, std::string& out, bool needed) {
  const TomlField* f = find(key, needed);
  if (!f) return;
  const std::string* s = std::get_if<std::string>(&f->value);
  if (!s) return wrong_kind(key, "a text");
  if (needed && s->empty()) return fail(key, "'" + std::string(key) + "' is empty");
  out = *s;
}

void RowReader::texts(std::string_view key, std::vector<std::string>& out, bool needed) {
  const TomlField* f = find(key, needed);
  if (!f) return;
  if (const std::string* s = std::get_if<std::string>(&f->value)) {
    out = {*s};
  } else if (const auto* list = std::get_if<std::vector<std::string>>(&f->value)) {
    out = *list;
  } else {
    wrong_kind(key, "a text or a list of texts");
  }
}

void RowReader::number(std::string_view key, double& out, bool needed) {
  const TomlField* f = find(key, needed);
  if (!f) return;
  double value = 0;
  if (const double* d = std::get_if<double>(&f->value)) {
    value = *d;
  } else if (const int64_t* i = std::get_if<int64_t>(&f->value)) {
    value = static_cast<double>(*i);
  } else {
    return wrong_kind(key, "a number");
  }
  if (!(value >= 0 && value <= 1e9)) return wrong_kind(key, "a number from 0 to 1e9");
  out = value;
}

void RowReader::integer(std::string_view key, int& out) {
  std::vector<int> values{out};
  integers(key, values);
  if (values.size() != 1) return wrong_kind(key, "a whole number");
  out = values[0];
}

void RowReader::integers(std::string_view key, std::vector<int>& out) {
  const TomlField* f = find(key, false);
  if (!f) return;
  std::vector<int64_t> values;
  if (const int64_t* i = std::get_if<int64_t>(&f->value)) {
    values = {*i};
  } else if (const auto* list = std::get_if<std::vector<int64_t>>(&f->value)) {
    values = *list;
  } else {
    return wrong_kind(key, "a whole number or a list of them");
  }
  out.clear();
  for (int64_t v : values) {
    if (v < -1000 || v > 1000000) return wrong_kind(key, "from -1000 to 1000000");
    out.push_back(static_cast<int>(v));
  }
}

void RowReader::boolean(std::string_view key, bool& out, bool needed) {
  const TomlField* f = find(key, needed);
  if (!f) return;
  const bool* b = std::get_if<bool>(&f->value);
  if (!b) return wrong_kind(key, "true or false");
  out = *b;
}

void RowReader::version(std::string_view key, Version& out, bool needed) {
  std::string s;
  text(key, s, needed);
  if (s.empty()) return;
  const Result<Version> v = parse_version(s);
  if (!v.ok()) return fail(key, v.status().message(), v.status().hint());
  out = *v;
}

void RowReader::range(std::string_view key, VersionRange& out, bool needed) {
  std::string s;
  text(key, s, needed);
  if (s.empty()) return;
  const Result<VersionRange> r = parse_range(s);
  if (!r.ok()) return fail(key, r.status().message(), r.status().hint());
  out = *r;
}

Status RowReader::finish() {
  for (size_t i = 0; i < used_.size() && status_.ok(); ++i) {
    if (used_[i]) continue;
    const TomlField& f = row_.fields[i];
    fail(f.key, "'" + f.key + "' is not a key of " + (row_.name.empty() ? "the file" : row_.name));
  }
  return status_;
}

}  // namespace jetline::targets

#include "jetline/pipeline/toml_reader.h"

#include <algorithm>
#include <cmath>

#include "jetline/base/strings.h"

namespace jetline {
namespace {

// The shortest text that reads back as the same number: "3.5", not "3.50000".
std::string toml_number_text(double v) {
  for (int digits = 6; digits <= 17; ++digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, v);
    std::replace(text, text + sizeof text, ',', '.');
    double back = 0;
    if (parse_double(text, back) && back == v) return text;
  }
  return std::to_string(v);
}

}  // namespace

const toml::node* TomlReader::find(const char* key) {
  known_.insert(key);
  return table_.get(key);
}

std::string TomlReader::where(const toml::node* node) const {
  const auto& source = node ? node->source() : table_.source();
  return source.begin.line > 0 ? file_ + ":" + std::to_string(source.begin.line) : file_;
}

Status TomlReader::wrong(const char* key, const std::string& needed) const {
  return Status::bad_input("pipeline.field", what_ + ": '" + key + "' must be " + needed,
                           "docs/pipeline.md lists every key", where(table_.get(key)));
}

Status TomlReader::text(const char* key, std::string& out) {
  const toml::node* n = find(key);
  if (!n) return Status();
  const auto v = n->value_exact<std::string>();
  if (!v) return wrong(key, "a text");
  if (v->find('\0') != std::string::npos) return wrong(key, "a text without NUL");
  out = *v;
  return Status();
}

Status TomlReader::number(const char* key, double& out) {
  const toml::node* n = find(key);
  if (!n) return Status();
  if (!n->is_number()) return wrong(key, "a number");
  out = n->value<double>().value_or(0);
  if (!std::isfinite(out) || out < 0) return wrong(key, "a number of at least 0");
  return Status();
}

Status TomlReader::texts(const char* key, std::vector<std::string>& out) {
  const toml::node* n = find(key);
  if (!n) return Status();
  const toml::array* a = n->as_array();
  if (!a) return wrong(key, "a list of texts");
  std::vector<std::string> values;
  for (const toml::node& e : *a) {
    const auto v = e.value_exact<std::string>();
    if (!v || v->find('\0') != std::string::npos) return wrong(key, "a list of texts");
    values.push_back(*v);
  }
  out = std::move(values);
  return Status();
}

Status TomlReader::counts(const char* key, std::vector<std::pair<std::string, int64_t>>& out) {
  const toml::node* n = find(key);
  if (!n) return Status();
  const toml::table* t = n->as_table();
  if (!t) return wrong(key, "a table such as { train = 100, val = 20 }");
  std::vector<std::pair<toml::source_position, std::pair<std::string, int64_t>>> found;
  for (const auto& [k, v] : *t) {
    const auto count = v.value_exact<int64_t>();
    if (!count || *count < 0) return wrong(key, "a table of whole numbers such as { train = 100, val = 20 }");
    found.push_back({v.source().begin, {std::string(k.str()), *count}});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  out.clear();
  for (auto& f : found) out.push_back(std::move(f.second));
  return Status();
}

Status TomlReader::scalar(const char* key, std::string& out, bool& is_flag) {
  const toml::node* n = find(key);
  is_flag = false;
  if (!n) return Status();
  if (const auto s = n->value_exact<std::string>()) {
    if (s->find('\0') != std::string::npos) return wrong(key, "a text without NUL");
    out = *s;
  } else if (const auto i = n->value_exact<int64_t>()) {
    out = std::to_string(*i);
  } else if (const auto d = n->value_exact<double>()) {
    if (!std::isfinite(*d)) return wrong(key, "a finite number");
    out = toml_number_text(*d);
  } else if (const auto b = n->value_exact<bool>()) {
    is_flag = true;
    out = *b ? "true" : "false";
  } else {
    return wrong(key, "a text, a number or true/false");
  }
  return Status();
}

Status TomlReader::finish() const {
  for (const auto& [k, v] : table_) {
    const std::string key(k.str());
    if (known_.count(key)) continue;
    const std::vector<std::string> words(known_.begin(), known_.end());
    const std::string near = nearest_word(key, words);
    return Status::bad_input("pipeline.unknown-key", what_ + " has no key '" + key + "'",
                             near.empty() ? "it knows " + join(words, ", ") : "did you mean '" + near + "'?",
                             where(&v));
  }
  return Status();
}

}  // namespace jetline

// The compiled-in tables are read at every start, so they are read by this scanner: several times faster than
// a full TOML parser, for the part of TOML that they use. [[table]] and [table] lines, bare keys, texts in
// double quotes with \" \\ \n \t, whole numbers and floats, true and false, lists over several lines,
// comments. A test holds every table to what toml++ reads. Anything else: false, and the caller asks toml++.
#include "jetline/base/strings.h"
#include "jetline/targets/toml_rows.h"

namespace jetline::targets {
namespace {

class TomlScanner {
 public:
  TomlScanner(std::string_view text, std::vector<TomlRow>& rows) : text_(text), rows_(rows) {}

  bool whole() {
    rows_.clear();
    rows_.emplace_back();
    rows_[0].line = 1;
    while (next_line()) {
      if (text_[at_] == '[' ? !header() : !field()) return false;
      if (!end_of_line()) return false;
    }
    return true;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  static bool is_key(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  void skip_comment() {
    if (peek() != '#') return;
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }
  // To the next line that says something; false: there is none.
  bool next_line() {
    while (true) {
      skip_blanks();
      skip_comment();
      if (at_ == text_.size()) return false;
      if (text_[at_] != '\n') return true;
      ++at_;
      ++line_;
    }
  }
  bool end_of_line() {
    skip_blanks();
    skip_comment();
    return at_ == text_.size() || text_[at_] == '\n';
  }

  bool header() {
    ++at_;
    const bool list = peek() == '[';
    if (list) ++at_;
    const size_t first = at_;
    while (is_key(peek()) || peek() == '.') ++at_;
    TomlRow row;
    row.name = std::string(text_.substr(first, at_ - first));
    row.line = line_;
    if (row.name.empty() || peek() != ']') return false;
    ++at_;
    if (list) {
      if (peek() != ']') return false;
      ++at_;
    }
    rows_.push_back(std::move(row));
    return true;
  }

  bool field() {
    const size_t first = at_;
    while (is_key(peek())) ++at_;
    TomlField f;
    f.key = std::string(text_.substr(first, at_ - first));
    f.line = line_;
    skip_blanks();
    if (f.key.empty() || peek() != '=') return false;
    ++at_;
    skip_blanks();
    if (!value(f.value)) return false;
    rows_.back().fields.push_back(std::move(f));
    return true;
  }

  bool value(TomlValue& out) {
    if (peek() == '"') {
      std::string s;
      if (!quoted(s)) return false;
      out = std::move(s);
      return true;
    }
    if (peek() == '[') return list(out);
    const size_t first = at_;
    while (is_key(peek()) || peek() == '.' || peek() == '+') ++at_;
    const std::string_view word = text_.substr(first, at_ - first);
    int64_t i = 0;
    double d = 0;
    if (word == "true" || word == "false") {
      out = word == "true";
    } else if (word.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
      return false;
    } else if (parse_int(word, i)) {
      out = i;
    } else if (parse_double(word, d)) {
      out = d;
    } else {
      return false;
    }
    return true;
  }

  bool quoted(std::string& out) {
    ++at_;
    while (true) {
      const size_t stop = text_.find_first_of("\"\\\n", at_);
      if (stop == std::string_view::npos || text_[stop] == '\n') return false;
      out.append(text_, at_, stop - at_);
      at_ = stop + 1;
      if (text_[stop] == '"') return true;
      const char c = peek();
      if (c != '"' && c != '\\' && c != 'n' && c != 't') return false;
      out += c == 'n' ? '\n' : (c == 't' ? '\t' : c);
      ++at_;
    }
  }

  bool list(TomlValue& out) {
    ++at_;
    std::vector<std::string> texts;
    std::vector<int64_t> numbers;
    while (next_line() && peek() != ']') {
      TomlValue one;
      if (peek() == '[' || !value(one)) return false;
      if (std::string* s = std::get_if<std::string>(&one)) {
        texts.push_back(std::move(*s));
      } else if (const int64_t* i = std::get_if<int64_t>(&one)) {
        numbers.push_back(*i);
      } else {
        return false;
      }
      if (!next_line()) return false;
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        return false;
      }
    }
    if (peek() != ']' || (!texts.empty() && !numbers.empty())) return false;
    ++at_;
    if (numbers.empty()) {
      out = std::move(texts);
    } else {
      out = std::move(numbers);
    }
    return true;
  }

  std::string_view text_;
  std::vector<TomlRow>& rows_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

bool scan_toml_rows(std::string_view text, std::vector<TomlRow>& rows) {
  return TomlScanner(text, rows).whole();
}

}  // namespace jetline::targets

#include "jetline/base/strings.h"

#include <algorithm>
#include <charconv>
#include <clocale>
#include <cstdio>
#include <cstdlib>

#include <locale.h>

namespace jetline {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == separator) {
      pieces.emplace_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  return pieces;
}

std::string_view trim(std::string_view t) {
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!t.empty() && space(t.front())) t.remove_prefix(1);
  while (!t.empty() && space(t.back())) t.remove_suffix(1);
  return t;
}

bool starts_with(std::string_view t, std::string_view p) { return t.substr(0, p.size()) == p; }
bool ends_with(std::string_view t, std::string_view s) {
  return t.size() >= s.size() && t.substr(t.size() - s.size()) == s;
}

std::string to_lower(std::string_view text) {
  std::string s(text);
  for (char& c : s) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return s;
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string s;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i) s += separator;
    s += pieces[i];
  }
  return s;
}

bool parse_int(std::string_view text, int64_t& out) {
  text = trim(text);
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out);
  return r.ec == std::errc() && r.ptr == text.data() + text.size();
}

bool parse_double(std::string_view text, double& out) {
  text = trim(text);
  if (text.empty()) return false;
  // GCC 8 has no floating std::from_chars; strtod_l with the C locale is the same everywhere.
  static const locale_t kC = newlocale(LC_ALL_MASK, "C", nullptr);
  const std::string copy(text);
  char* end = nullptr;
  out = strtod_l(copy.c_str(), &end, kC);
  return end == copy.c_str() + copy.size();
}

bool parse_dims(std::string_view text, std::vector<int64_t>& out) {
  out.clear();
  const char separator = text.find(',') != std::string_view::npos ? ',' : 'x';
  for (const std::string& piece : split(text, separator)) {
    int64_t d = 0;
    if (!parse_int(piece, d) || d < 1) return false;
    out.push_back(d);
  }
  return true;
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& choices) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& c : choices) {
    std::vector<size_t> row(c.size() + 1);
    for (size_t j = 0; j <= c.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= word.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j <= c.size(); ++j) {
        const size_t up = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (word[i - 1] != c[j - 1])});
        diagonal = up;
      }
    }
    if (row[c.size()] < best_distance) {
      best_distance = row[c.size()];
      best = c;
    }
  }
  return best;
}

namespace {
std::string scaled(double n, double step, const char* const* units) {
  int i = 0;
  while (n >= step * 0.9995 && i < 5) {
    n /= step;
    ++i;
  }
  char b[48];
  const int decimals = i == 0 ? 0 : n < 9.995 ? 2 : n < 99.95 ? 1 : 0;
  std::snprintf(b, sizeof b, "%.*f%s%s", decimals, n, units[i][0] ? " " : "", units[i]);
  return b;
}
}  // namespace

std::string human_count(double n) {
  static const char* const kUnits[] = {"", "k", "M", "G", "T", "P"};
  return scaled(n, 1000, kUnits);
}
std::string human_bytes(double n) {
  static const char* const kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  return scaled(n, 1024, kUnits);
}

bool is_valid_utf8(std::string_view t) {
  for (size_t i = 0; i < t.size();) {
    const unsigned char c = static_cast<unsigned char>(t[i]);
    const int extra = c < 0x80 ? 0 : (c >> 5) == 6 ? 1 : (c >> 4) == 14 ? 2 : (c >> 3) == 30 ? 3 : -1;
    if (extra < 0 || i + static_cast<size_t>(extra) >= t.size()) return false;
    uint32_t code = extra == 0 ? c : c & (0x3fu >> extra);
    for (int k = 1; k <= extra; ++k) {
      const unsigned char d = static_cast<unsigned char>(t[i + static_cast<size_t>(k)]);
      if ((d >> 6) != 2) return false;
      code = (code << 6) | (d & 0x3f);
    }
    static const uint32_t kMin[] = {0, 0x80, 0x800, 0x10000};
    if (code < kMin[extra] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += static_cast<size_t>(extra) + 1;
  }
  return true;
}

std::string html_escape(std::string_view text) {
  std::string s;
  for (char c : text) {
    switch (c) {
      case '&': s += "&amp;"; break;
      case '<': s += "&lt;"; break;
      case '>': s += "&gt;"; break;
      case '"': s += "&quot;"; break;
      case '\'': s += "&#39;"; break;
      default: s += c;
    }
  }
  return s;
}

}  // namespace jetline

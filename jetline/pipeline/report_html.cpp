#include "jetline/pipeline/report_html.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline {

std::string base64(ByteView bytes) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    const uint32_t v =
        static_cast<uint32_t>(bytes[i] << 16 | (n > 1 ? bytes[i + 1] : 0) << 8 | (n > 2 ? bytes[i + 2] : 0));
    for (size_t k = 0; k < 4; ++k) out += k <= n ? kDigits[v >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string decimal(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  for (char* c = text; *c; ++c) {
    if (*c == ',') *c = '.';
  }
  return text;
}

std::string duration_text(double s) {
  if (!std::isfinite(s) || s < 0) return "–";
  if (s < 1) return decimal(s * 1000, 0) + " ms";
  if (s < 10) return decimal(s, 1) + " s";
  const auto whole = static_cast<int64_t>(std::llround(s));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

namespace {
const Json* json_at(const Json& j, const std::vector<std::string>& path) {
  const Json* at = &j;
  for (const std::string& key : path) {
    if (!at->is_object() || !at->contains(key)) return nullptr;
    at = &(*at)[key];
  }
  return at;
}
}  // namespace

std::optional<double> json_number(const Json& j, const std::vector<std::string>& path) {
  const Json* v = json_at(j, path);
  if (!v || !v->is_number()) return std::nullopt;
  return v->get<double>();
}

std::string json_text(const Json& j, const std::vector<std::string>& path) {
  const Json* v = json_at(j, path);
  return v ? json_scalar_text(*v) : "";
}

std::string json_scalar_text(const Json& j) {
  if (j.is_string()) return j.get<std::string>();
  if (j.is_null()) return "–";
  if (j.is_boolean()) return j.get<bool>() ? "yes" : "no";
  if (j.is_number_float()) {
    char text[40];
    std::snprintf(text, sizeof text, "%.5g", j.get<double>());
    std::replace(text, text + sizeof text, ',', '.');
    return text;
  }
  const auto is_plain = [](const Json& e) { return !e.is_structured(); };
  if (j.is_array() && std::all_of(j.begin(), j.end(), is_plain)) {
    std::vector<std::string> words;
    for (const Json& e : j) words.push_back(json_scalar_text(e));
    return join(words, ", ");
  }
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string badge(std::string_view text, std::string_view css_class) {
  return "<span class=\"badge " + html_escape(css_class) + "\">" + html_escape(text) + "</span>";
}

std::string tile(std::string_view value, std::string_view label, std::string_view note) {
  return "<div class=\"tile\"><b>" + html_escape(value) + "</b><span>" + html_escape(label) + "</span>" +
         (note.empty() ? std::string() : "<small>" + html_escape(note) + "</small>") + "</div>\n";
}

std::string table_html(std::vector<std::string> header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<bool> right;
  std::string s = "<div class=\"scroll\"><table><thead><tr>";
  for (std::string& h : header) {
    right.push_back(ends_with(h, ">"));
    if (right.back()) h.pop_back();
    s += std::string("<th") + (right.back() ? " class=\"r\"" : "") + ">" + html_escape(h) + "</th>";
  }
  s += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    s += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      s += std::string("<td") + (c < right.size() && right[c] ? " class=\"r\"" : "") + ">" +
           html_escape(row[c]) + "</td>";
    }
    s += "</tr>\n";
  }
  return s + "</tbody></table></div>\n";
}

std::string facts_html(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string s = "<dl class=\"facts\">";
  for (const auto& [name, value] : facts) {
    s += "<div><dt>" + html_escape(name) + "</dt><dd>" + html_escape(value) + "</dd></div>";
  }
  return s + "</dl>\n";
}

std::string picture_html(const std::string& path, const std::string& caption, int64_t max_bytes,
                    std::string_view css_class) {
  static const std::pair<const char*, const char*> kTypes[] = {
      {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".png", "image/png"},
      {".gif", "image/gif"},  {".webp", "image/webp"}, {".svg", "image/svg+xml"}};
  const std::string extension = file_extension_lower(path);
  const auto* type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.first == extension; });
  if (type == std::end(kTypes)) return "";
  const auto bytes = read_file(path, max_bytes);
  if (!bytes.ok())
    return "<p class=\"soft\">" + html_escape(caption + ": " + bytes.status().message()) + "</p>\n";
  const ByteView view(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
  return "<figure class=\"" + html_escape(css_class) + "\"><img alt=\"" + html_escape(caption) +
         "\" src=\"data:" + type->second + ";base64," + base64(view) + "\"><figcaption>" +
         html_escape(caption) + "</figcaption></figure>\n";
}

}  // namespace jetline

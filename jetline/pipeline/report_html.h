// Pieces of HTML for the report. Every text that goes in is escaped here; functions named *_html take HTML.
// Pure, but for picture_html(), which reads a file. For this room only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/span.h"

namespace jetline {

using Json = nlohmann::ordered_json;

std::string base64(ByteView bytes);

// "12.35": fixed decimals, a point in every locale. "–" for NaN.
std::string decimal(double value, int decimals);
// "3 min 20 s", "1.4 s", "12 ms".
std::string duration_text(double seconds);

// A number or text at j[path…], nothing when any step is missing or of another type.
std::optional<double> json_number(const Json& j, const std::vector<std::string>& path);
std::string json_text(const Json& j, const std::vector<std::string>& path);
// A scalar, or a list of them, as a person writes it; anything else as compact JSON.
std::string json_scalar_text(const Json& j);

std::string badge(std::string_view text, std::string_view css_class);
std::string tile(std::string_view value, std::string_view label, std::string_view note = {});

// Cells of columns named with a final '>' are right-aligned.
std::string table_html(std::vector<std::string> header, const std::vector<std::vector<std::string>>& rows);
// Two columns, name and value.
std::string facts_html(const std::vector<std::pair<std::string, std::string>>& facts);

// A <figure> with the file inside as base64, or a line that says why it is not; JPEG, PNG, GIF, WebP and SVG
// of at most `max_bytes`.
std::string picture_html(const std::string& path, const std::string& caption, int64_t max_bytes = int64_t{4} << 20,
                    std::string_view css_class = {});

}  // namespace jetline

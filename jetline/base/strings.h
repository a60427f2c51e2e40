// Small text helpers that the standard library lacks. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jetline {

std::vector<std::string> split(std::string_view text, char separator);  // keeps empty pieces
std::string_view trim(std::string_view text);                           // ASCII white space at both ends
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);
std::string to_lower(std::string_view text);  // ASCII only
std::string join(const std::vector<std::string>& pieces, std::string_view separator);

// Whole-string conversions; false on anything but one number with optional surrounding white space.
// Independent of the locale.
bool parse_int(std::string_view text, int64_t& out);
bool parse_double(std::string_view text, double& out);

// "1x3x320x320" or "1,3,320,320": numbers from 1; false on anything else.
bool parse_dims(std::string_view text, std::vector<int64_t>& out);

// The word of `choices` with the smallest edit distance to `word`, or "" when none is near (distance over a
// third of the length, at least 2): for "did you mean".
std::string nearest_word(std::string_view word, const std::vector<std::string>& choices);

// "1.2 M", "3.4 GiB": three significant digits.
std::string human_count(double n);
std::string human_bytes(double n);

// True when the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_valid_utf8(std::string_view text);
// Escapes for HTML text and attributes.
std::string html_escape(std::string_view text);

}  // namespace jetline

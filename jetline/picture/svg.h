// Writers of drawings. All texts are escaped; control characters and broken UTF-8 become a mark.
#pragma once

#include <string>

#include "jetline/picture/place.h"

namespace jetline::picture {

std::string write_svg(const Tree& tree, const Scene& scene);
std::string write_html(const Tree& tree, const std::vector<Level>& levels);
std::string write_dot(const Tree& tree);

// Valid UTF-8 without characters that XML forbids, not escaped.
std::string printable(const std::string& text);
// The same, escaped for XML text and attributes.
std::string xml_text(const std::string& text);
// A JSON text literal that is safe inside <script>.
std::string script_text(const std::string& text);
// A name of a CSS class: everything else than letters, digits, _ and - becomes -.
std::string css_name(const std::string& text);
// Colours of the legend for both surroundings, as style rules; `host` is put before every class.
std::string legend_style(const Tree& tree, bool dark);

}  // namespace jetline::picture

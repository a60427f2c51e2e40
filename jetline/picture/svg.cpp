#include "jetline/picture/svg.h"

#include <algorithm>
#include <cmath>

#include "jetline/base/strings.h"

namespace jetline::picture {
namespace {

constexpr double kMargin = 24, kTitleHeight = 66, kLegendItem = 22;

std::string px(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", v);
  std::string s = text;
  for (char& c : s) c = c == ',' ? '.' : c;
  return s;
}

const char kStyle[] =
    "svg{background:var(--paper)}"
    ":root,svg{--paper:#ffffff;--ink:#1b1f24;--soft:#5c6670;--line:#8792a0;--frame:#c3cad2;--group:#f5f7f9}"
    "text{font-family:system-ui,'Segoe UI','DejaVu Sans',sans-serif;fill:var(--ink)}"
    ".t{font-size:12px;font-weight:600}.s{font-size:10px;fill:var(--soft)}.l{font-size:9.5px;fill:var(--soft)"
    "}"
    ".h{font-size:20px;font-weight:700}.d{font-size:12px;fill:var(--soft)}"
    ".b{stroke:var(--frame);stroke-width:1}.o{fill:var(--group);stroke:var(--frame);stroke-width:1}"
    ".w{fill:none;stroke:var(--line);stroke-width:1.2}.w.r{stroke-dasharray:4 3}"
    ".a{fill:var(--line)}";

const char kDarkStyle[] =
    ":root,svg{--paper:#101418;--ink:#e8ebee;--soft:#a5afb9;--line:#76818d;--frame:#49525c;--group:#181d23}";

// The legend in rows of at most `width`.
std::string write_legend(const Tree& tree, double width, double& height) {
  std::string out;
  double x = kMargin, y = 0;
  for (const LegendEntry& e : tree.legend) {
    const double w = 30 + 6.4 * static_cast<double>(e.text.size());
    if (x + w > width - kMargin && x > kMargin) {
      x = kMargin;
      y += kLegendItem;
    }
    out += "<rect class=\"b c-" + css_name(e.css) + "\" x=\"" + px(x) + "\" y=\"" + px(y - 10) +
           "\" width=\"14\" height=\"14\" rx=\"3\"/><text class=\"d\" x=\"" + px(x + 20) + "\" y=\"" +
           px(y + 2) + "\">" + xml_text(e.text) + "</text>\n";
    x += w;
  }
  height = y + kLegendItem;
  return out;
}

void write_box(const Tree& tree, const DrawnBox& b, std::string& out) {
  const Item& item = tree.items[static_cast<size_t>(b.item)];
  const bool group = item.kind == Item::Kind::kGroup;
  const bool open = group && item.open;
  std::string tip = item.title;
  if (item.node) tip = node_details(*item.node);
  if (!item.tooltip.empty()) tip += "\n" + item.tooltip;
  out += "<g><title>" + xml_text(tip) + "</title><rect class=\"" +
         (open ? std::string("o") : "b c-" + css_name(item.css)) + "\" x=\"" + px(b.x) + "\" y=\"" + px(b.y) +
         "\" width=\"" + px(b.w) + "\" height=\"" + px(b.h) + "\" rx=\"" + (group ? "8" : "5") + "\"/>";
  if (open) {
    out += "<text class=\"s\" x=\"" + px(b.x + 10) + "\" y=\"" + px(b.y + 15) + "\">" + xml_text(item.title) +
           "</text></g>\n";
    return;
  }
  if (group) {  // a second edge: there is something inside
    out += "<rect class=\"b\" fill=\"none\" x=\"" + px(b.x + 3) + "\" y=\"" + px(b.y + 3) + "\" width=\"" +
           px(b.w - 6) + "\" height=\"" + px(b.h - 6) + "\" rx=\"6\"/>";
  }
  double y = b.y + 16;
  const auto line = [&](const char* css, const std::string& text) {
    if (text.empty()) return;
    out += std::string("<text class=\"") + css + "\" text-anchor=\"middle\" x=\"" + px(b.x + b.w / 2) +
           "\" y=\"" + px(y) + "\">" + xml_text(text) + "</text>";
    y += 14;
  };
  line("t", item.title);
  line("s", item.subtitle);
  line("s", item.note);
  out += "</g>\n";
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  const bool valid = is_valid_utf8(text);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80 && !valid) {
      out += '?';
    } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
      out += '?';
    } else if (c == 0xef && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xbf &&
               static_cast<unsigned char>(text[i + 2]) >= 0xbe) {  // U+FFFE and U+FFFF
      out += '?';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string xml_text(const std::string& text) {
  return html_escape(printable(text));
}

std::string css_name(const std::string& text) {
  std::string out;
  for (char c : text) {
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    out += good ? c : '-';
  }
  return out;
}

std::string legend_style(const Tree& tree, bool dark) {
  std::string out;
  for (const LegendEntry& e : tree.legend) {
    const std::string& color = dark ? e.dark : e.light;
    bool good = color.size() == 7 && color[0] == '#';
    for (size_t i = 1; i < color.size(); ++i)
      good = good && std::isxdigit(static_cast<unsigned char>(color[i]));
    out += ".c-" + css_name(e.css) + "{fill:" + (good ? color : "#cccccc") + "}";
  }
  return out;
}

// A line of the heading that is cut where the picture ends; a pointer that rests on it shows the whole.
std::string heading_line(const std::string& text, double y, double width) {
  constexpr double kAdvance = 6.6;  // pixels a letter of class d takes, on the wide side
  const size_t room = static_cast<size_t>(std::max((width - 2 * kMargin) / kAdvance, 10.0));
  size_t end = 0, letters = 0;
  while (end < text.size() && letters < room) {
    do ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80);
    ++letters;
  }
  const bool whole = end == text.size();
  return "<text class=\"d\" x=\"" + px(kMargin) + "\" y=\"" + px(y) + "\">" +
         xml_text(whole ? text : text.substr(0, end) + "…") +
         (whole ? "" : "<title>" + xml_text(text) + "</title>") + "</text>\n";
}

std::string write_svg(const Tree& tree, const Scene& scene) {
  const double width = std::max(scene.width + 2 * kMargin, 640.0);
  double legend_height = 0;
  const std::string legend = write_legend(tree, width, legend_height);
  const double top = kTitleHeight + (tree.subtitle.empty() ? 0 : 18) + legend_height + 10;
  const double height = scene.height + top + kMargin;
  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"title desc\" width=\"" +
      px(width) + "\" height=\"" + px(height) + "\" viewBox=\"0 0 " + px(width) + " " + px(height) +
      "\">\n<title id=\"title\">" + xml_text(tree.title) + "</title>\n<desc id=\"desc\">" +
      xml_text(tree.description) + "</desc>\n<style>" + kStyle + legend_style(tree, false) +
      "@media (prefers-color-scheme: dark){" + kDarkStyle + legend_style(tree, true) + "}</style>\n" +
      "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
      "markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"a\" d=\"M0 1L8 4L0 7z\"/>"
      "</marker></defs>\n<rect width=\"100%\" height=\"100%\" style=\"fill:var(--paper)\"/>\n";
  out += "<text class=\"h\" x=\"" + px(kMargin) + "\" y=\"34\">" + xml_text(tree.title) + "</text>\n";
  out += heading_line(tree.description, 54, width);
  if (!tree.subtitle.empty()) out += heading_line(tree.subtitle, 72, width);
  out += "<g transform=\"translate(0 " + px(top - legend_height) + ")\">" + legend + "</g>\n";
  out += "<g transform=\"translate(" + px(kMargin) + " " + px(top) + ")\">\n";
  std::string boxes;
  for (const DrawnBox& b : scene.boxes) {  // frames below the lines, boxes above
    const Item& item = tree.items[static_cast<size_t>(b.item)];
    write_box(tree, b, item.kind == Item::Kind::kGroup && item.open ? out : boxes);
  }
  for (const DrawnLine& l : scene.lines) {
    out += std::string("<path class=\"w") + (l.backward ? " r" : "") + "\" d=\"" + l.path + "\"";
    if (l.arrow) out += l.backward ? " marker-start=\"url(#arrow)\"" : " marker-end=\"url(#arrow)\"";
    out += "/>\n";
  }
  out += boxes;
  for (const DrawnText& t : scene.texts) {
    out += "<text class=\"l\" x=\"" + px(t.x) + "\" y=\"" + px(t.y) + "\">" + xml_text(t.text) + "</text>\n";
  }
  return out + "</g>\n</svg>\n";
}

}  // namespace jetline::picture

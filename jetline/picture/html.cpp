// The page: one JSON object with boxes, wires and the layers of every group, and the script that draws it.
#include "jetline/picture/page_script.h"
#include "jetline/picture/svg.h"

namespace jetline::picture {
namespace {

const char kPageStyle[] =
    ":root{--paper:#fff;--ink:#1b1f24;--soft:#5c6670;--line:#8792a0;--frame:#c3cad2;--group:#f5f7f9;--mark:#"
    "d4380d;"
    "--panel:#fffffff2}"
    "@media (prefers-color-scheme:dark){:root{--paper:#101418;--ink:#e8ebee;--soft:#a5afb9;--line:#76818d;"
    "--frame:#49525c;--group:#181d23;--mark:#ff9c6e;--panel:#181d23f2}}"
    "*{box-sizing:border-box}html,body{margin:0;height:100%;overflow:hidden;background:var(--paper);color:"
    "var(--ink);"
    "font:14px system-ui,'Segoe UI','DejaVu Sans',sans-serif}"
    "body{display:flex;flex-direction:column}"
    "header{padding:8px 14px;border-bottom:1px solid var(--frame);display:flex;gap:6px "
    "14px;align-items:center;"
    "flex-wrap:wrap}"
    "h1{font-size:17px;margin:0}header p{margin:0;color:var(--soft);font-size:12px}"
    "header .tools{margin-left:auto;display:flex;gap:6px;flex-wrap:wrap}"
    "button,input{font:inherit;font-size:13px;color:inherit;background:var(--group);border:1px solid "
    "var(--frame);"
    "border-radius:6px;padding:4px 9px}button:focus-visible,input:focus-visible{outline:2px solid "
    "var(--mark)}"
    "#legend{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:12px;color:var(--soft);width:100%}"
    "#legend svg{width:13px;height:13px;vertical-align:-2px;margin-right:5px}"
    "#stage{flex:1;position:relative;overflow:hidden;cursor:grab;touch-action:none}#stage.drag{cursor:"
    "grabbing}"
    "#stage>svg{width:100%;height:100%;display:block}"
    "#info{position:absolute;right:10px;top:10px;max-width:min(440px,90%);max-height:calc(100% - "
    "20px);overflow:auto;"
    "background:var(--panel);border:1px solid var(--frame);border-radius:8px;padding:10px "
    "12px;font-size:12px;"
    "white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,'DejaVu Sans Mono',monospace}"
    "#info:empty{display:none}"
    "svg text{fill:var(--ink);font-family:system-ui,'Segoe UI','DejaVu Sans',sans-serif;pointer-events:none}"
    ".t{font-size:12px;font-weight:600}svg .s{font-size:10px;fill:var(--soft)}svg "
    ".l{font-size:9.5px;fill:var(--soft);paint-order:stroke;stroke:var(--paper);stroke-width:2.5px;stroke-"
    "linejoin:round}"
    ".b{stroke:var(--frame);stroke-width:1}.o{fill:var(--group);stroke:var(--frame);stroke-width:1}"
    ".x{fill:none;stroke:var(--frame)}"
    ".w{fill:none;stroke:var(--line);stroke-width:1.2}.w.r{stroke-dasharray:4 3}.a{fill:var(--line)}"
    "g.i{cursor:pointer}g.i:focus{outline:none}g.i:focus>rect:first-of-type,g.i.hit>rect:first-of-type"
    "{stroke:var(--mark);stroke-width:2.5}"
    ".w.near{stroke:var(--mark);stroke-width:2.2}"
    "@media print{header .tools,#info{display:none}}";

std::string number(double v) {
  return std::to_string(static_cast<int>(v + 0.5));
}

std::string items_json(const Tree& tree) {
  std::string s = "[";
  for (size_t i = 0; i < tree.items.size(); ++i) {
    const Item& item = tree.items[i];
    const bool group = item.kind == Item::Kind::kGroup;
    if (i) s += ",\n";
    s += "{p:" + std::to_string(item.parent) + ",w:" + number(item.width) + ",h:" + number(item.height) +
         ",t:" + script_text(item.title);
    if (!item.subtitle.empty()) s += ",s:" + script_text(item.subtitle);
    if (!item.note.empty()) s += ",n:" + script_text(item.note);
    if (!item.css.empty()) s += ",c:" + script_text(css_name(item.css));
    std::string tip = item.node ? node_details(*item.node) : "";
    if (!item.tooltip.empty()) tip += (tip.empty() ? "" : "\n") + item.tooltip;
    if (!tip.empty()) s += ",d:" + script_text(tip);
    if (group) s += item.open ? ",g:1,o:1" : ",g:1";
    if (item.kind == Item::Kind::kInput) s += ",e:1";
    s += "}";
  }
  return s + "]";
}

// Per group: cells [kind, item or wire, layer's index is where they stand], layers, runs.
std::string levels_json(const std::vector<Level>& levels) {
  std::string s = "[";
  for (size_t i = 0; i < levels.size(); ++i) {
    const Level& level = levels[i];
    if (i) s += ",\n";
    s += "{g:" + std::to_string(level.group) + ",c:[";
    for (size_t c = 0; c < level.cells.size(); ++c) {
      const Cell& cell = level.cells[c];
      if (c) s += ",";
      s += "[" + std::to_string(static_cast<int>(cell.kind)) + "," +
           std::to_string(cell.kind == Cell::Kind::kItem ? cell.item : cell.wire) + "]";
    }
    s += "],l:[";
    for (size_t l = 0; l < level.layers.size(); ++l) {
      if (l) s += ",";
      s += "[";
      for (size_t k = 0; k < level.layers[l].size(); ++k) {
        if (k) s += ",";
        s += std::to_string(level.layers[l][k]);
      }
      s += "]";
    }
    s += "],r:[";
    for (size_t r = 0; r < level.runs.size(); ++r) {
      const Run& run = level.runs[r];
      if (r) s += ",";
      s += "[" + std::to_string(run.wire) + "," + (run.backward ? "1" : "0");
      for (int c : run.cells) s += "," + std::to_string(c);
      s += "]";
    }
    s += "]}";
  }
  return s + "]";
}

std::string wires_json(const Tree& tree) {
  std::string s = "[";
  for (size_t i = 0; i < tree.wires.size(); ++i) {
    const Wire& w = tree.wires[i];
    if (i) s += ",";
    s += "[" + script_text(w.name) + "," + script_text(w.shape) + "," + std::to_string(w.from);
    for (int to : w.to) s += "," + std::to_string(to);
    s += "]";
  }
  return s + "]";
}

}  // namespace

std::string script_text(const std::string& text) {
  std::string out = "\"";
  for (char c : printable(text)) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '<':
        out += "\\u003c";  // no </script>, no comment
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  // U+2028 and U+2029 end a line in older scripts.
  for (const char* separator : {"\xe2\x80\xa8", "\xe2\x80\xa9"}) {
    for (size_t at; (at = out.find(separator)) != std::string::npos;) out.replace(at, 3, " ");
  }
  return out + "\"";
}

std::string write_html(const Tree& tree, const std::vector<Level>& levels) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>" +
      xml_text(tree.title) + "</title>\n<style>" + kPageStyle + legend_style(tree, false) +
      "@media (prefers-color-scheme:dark){" + legend_style(tree, true) + "}</style>\n</head>\n<body>\n";
  out += "<header><h1>" + xml_text(tree.title) + "</h1><p>" + xml_text(tree.description) + "</p>";
  if (!tree.subtitle.empty()) out += "<p>" + xml_text(tree.subtitle) + "</p>";
  out +=
      "<div class=\"tools\"><input id=\"find\" type=\"search\" placeholder=\"Find a node or tensor ( / )\" "
      "aria-label=\"Find a node or tensor\"><button id=\"open\" title=\"Open all groups (e)\">Open "
      "all</button>"
      "<button id=\"close\" title=\"Fold all groups (c)\">Fold all</button>"
      "<button id=\"fit\" title=\"Fit to the window (0)\">Fit</button>"
      "<button id=\"in\" title=\"Larger (+)\" aria-label=\"Larger\">+</button>"
      "<button id=\"out\" title=\"Smaller (-)\" aria-label=\"Smaller\">−</button></div>\n<div id=\"legend\">";
  for (const LegendEntry& e : tree.legend) {
    out += "<span><svg viewBox=\"0 0 13 13\" aria-hidden=\"true\"><rect class=\"b c-" + css_name(e.css) +
           "\" x=\".5\" y=\".5\" width=\"12\" height=\"12\" rx=\"3\"/></svg>" + xml_text(e.text) + "</span>";
  }
  out +=
      "</div></header>\n<div id=\"stage\"><svg role=\"group\" aria-label=\"" + xml_text(tree.title) +
      "\"><title>" + xml_text(tree.title) + "</title><desc>" + xml_text(tree.description) +
      ". Enter opens or folds a group, Tab moves on, / searches.</desc><defs><marker id=\"arrow\" "
      "viewBox=\"0 0 8 8\" "
      "refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path "
      "class=\"a\" "
      "d=\"M0 1L8 4L0 7z\"/></marker></defs><g id=\"view\"></g></svg><div id=\"info\" "
      "aria-live=\"polite\"></div></div>\n"
      "<noscript><p>This page draws the model with a script of its own. `jetline graph -o model.svg` makes a "
      "picture that needs none.</p></noscript>\n";
  out += "<script>\n\"use strict\";\nconst ITEMS=" + items_json(tree) + ";\nconst WIRES=" + wires_json(tree) +
         ";\nconst LEVELS=" + levels_json(levels) + ";\n" + page_script() + "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace jetline::picture

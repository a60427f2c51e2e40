#include "jetline/data/voc_xml.h"

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>

#include "jetline/base/strings.h"

namespace jetline::data_reader {
namespace {

constexpr double kVocMaxCoordinate = 1e7;  // beyond any image; float keeps whole pixels up to 1.6e7

bool voc_number(const pugi::xml_node& parent, const char* name, double& out) {
  return parse_double(parent.child(name).text().get(), out) && std::isfinite(out) &&
         std::abs(out) <= kVocMaxCoordinate;
}

int voc_size(const pugi::xml_node& size, const char* name) {
  double v = 0;
  return voc_number(size, name, v) && v >= 1 && v <= 1 << 20 ? static_cast<int>(v) : 0;
}

bool voc_flag(const pugi::xml_node& object, const char* name) {
  const std::string v = to_lower(trim(object.child(name).text().get()));
  return v == "1" || v == "true" || v == "yes";
}

// Fills `o`; on failure `why` says what is missing.
bool read_voc_object(const pugi::xml_node& node, VocObject& o, std::string& id, std::string& why) {
  id = "data.syntax";
  o.name = std::string(trim(node.child("name").text().get()));
  if (o.name.empty()) {
    why = "an <object> has no <name>";
    return false;
  }
  if (!is_valid_utf8(o.name)) {
    id = "data.not-utf8";
    why = "a class name is not UTF-8";
    return false;
  }
  const pugi::xml_node box = node.child("bndbox");
  if (!box) {
    why = "object '" + o.name + "' has no <bndbox>";
    return false;
  }
  const struct {
    const char* name;
    double* out;
  } corners[] = {{"xmin", &o.xmin}, {"ymin", &o.ymin}, {"xmax", &o.xmax}, {"ymax", &o.ymax}};
  for (const auto& c : corners) {
    if (!voc_number(box, c.name, *c.out)) {
      why = "object '" + o.name + "': <" + c.name + "> is not a number";
      return false;
    }
  }
  o.difficult = voc_flag(node, "difficult");
  o.crowd = voc_flag(node, "iscrowd");
  return true;
}

}  // namespace

Result<VocAnnotation> parse_voc_xml(ByteView bytes, const std::string& where, Problems& problems) {
  pugi::xml_document doc;
  const pugi::xml_parse_result parsed =
      doc.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_auto);
  if (!parsed) {
    const int bad_line = line_of(bytes, static_cast<size_t>(std::max<std::ptrdiff_t>(0, parsed.offset)));
    return Status::bad_input("data.syntax",
                             where + " is not well-formed XML: " + to_lower(parsed.description()),
                             "open it in an editor at that line", at_line(where, bad_line));
  }
  size_t counted = 0;  // lines are counted once, going forward
  int line = 1;
  const auto line_at = [&](const pugi::xml_node& n) {
    const size_t offset =
        std::min(static_cast<size_t>(std::max<std::ptrdiff_t>(0, n.offset_debug())), bytes.size());
    if (offset < counted) return line_of(bytes, offset);
    line += static_cast<int>(
        std::count(bytes.begin() + counted, bytes.begin() + offset, static_cast<uint8_t>('\n')));
    counted = offset;
    return line;
  };
  const pugi::xml_node root = doc.child("annotation");
  if (!root) {
    return Status::bad_input("data.syntax", where + " is XML but has no <annotation>",
                             "Pascal VOC label files have <annotation> as their outermost element",
                             at_line(where, 1));
  }
  VocAnnotation a;
  a.filename = std::string(trim(root.child("filename").text().get()));
  if (!is_valid_utf8(a.filename)) a.filename.clear();
  const pugi::xml_node size = root.child("size");
  a.width = voc_size(size, "width");
  a.height = voc_size(size, "height");
  if (a.width == 0 || a.height == 0) a.width = a.height = 0;
  a.size_line = size ? line_at(size) : 1;
  for (const pugi::xml_node& node : root.children("object")) {
    VocObject o;
    o.line = line_at(node);
    std::string id, why;
    if (read_voc_object(node, o, id, why)) {
      a.objects.push_back(std::move(o));
    } else {
      JETLINE_RETURN_IF_ERROR(problems.report(id, why, at_line(where, o.line)));
    }
  }
  return a;
}

}  // namespace jetline::data_reader

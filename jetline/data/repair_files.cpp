#include "jetline/data/repair_files.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "jetline/base/strings.h"
#include "jetline/data/box_rules.h"
#include "jetline/data/coco_json.h"
#include "jetline/data/output_folder.h"
#include "jetline/data/voc_xml.h"
#include "jetline/data/yolo_txt.h"

namespace jetline::data_reader {
namespace {

ByteView repair_bytes(const std::string& text) {
  return ByteView(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// Elements that parse, in file order, with the same rules as the reader.
bool repair_voc_box(const pugi::xml_node& object, LabelledBox& b, std::string& name) {
  const pugi::xml_node box = object.child("bndbox");
  double v[4];
  const char* keys[] = {"xmin", "ymin", "xmax", "ymax"};
  for (int i = 0; i < 4; ++i) {
    if (!parse_double(box.child(keys[i]).text().get(), v[i]) || !std::isfinite(v[i]) || std::abs(v[i]) > 1e7)
      return false;
  }
  name = std::string(trim(object.child("name").text().get()));
  b.box = {static_cast<float>(v[0] - 1), static_cast<float>(v[1] - 1), static_cast<float>(v[2]),
           static_cast<float>(v[3])};
  return !name.empty();
}

void repair_voc_size(pugi::xml_node root, PixelSize image, const std::string& where, const VocAnnotation& a,
                     std::vector<Repair>& repairs) {
  const bool known = a.width > 0;
  pugi::xml_node size = root.child("size");
  if (!size) size = root.prepend_child("size");
  const auto set = [&](const char* key, int v) {
    pugi::xml_node n = size.child(key);
    if (!n) n = size.append_child(key);
    n.text().set(v);
  };
  set("width", image.width);
  set("height", image.height);
  repairs.push_back(
      {"data.image-size", at_line(where, a.size_line),
       (known ? "size corrected from " + std::to_string(a.width) + "x" + std::to_string(a.height) + " to "
              : std::string("size added: ")) +
           std::to_string(image.width) + "x" + std::to_string(image.height)});
}

}  // namespace

std::string repair_voc_text(const std::string& text, const std::string& where, PixelSize image,
                            std::vector<Repair>& repairs) {
  std::vector<Finding> ignored;
  Problems lenient(&ignored);
  auto parsed = parse_voc_xml(repair_bytes(text), where, lenient);
  pugi::xml_document doc;
  if (!parsed.ok() || !doc.load_buffer(text.data(), text.size(), pugi::parse_full | pugi::parse_ws_pcdata))
    return text;
  pugi::xml_node root = doc.child("annotation");
  std::vector<LabelledBox> boxes;
  std::vector<pugi::xml_node> nodes;
  std::vector<int> lines;
  std::map<std::string, int> classes;
  size_t good = 0;
  for (pugi::xml_node object : root.children("object")) {
    LabelledBox b;
    std::string name;
    if (!repair_voc_box(object, b, name)) continue;
    b.class_id = classes.emplace(name, static_cast<int>(classes.size())).first->second;
    boxes.push_back(b);
    nodes.push_back(object);
    lines.push_back(good < parsed->objects.size() ? parsed->objects[good].line : 1);
    ++good;
  }
  // The two readings must agree on what an object is, or lines and nodes would not match.
  if (good != parsed->objects.size()) return text;
  const size_t before = repairs.size();
  if (image.width > 0 && (parsed->width != image.width || parsed->height != image.height)) {
    if (!boxes_fit(boxes, image.width, image.height)) return text;
    repair_voc_size(root, image, where, parsed.value(), repairs);
  }
  const std::vector<BoxVerdict> verdicts = judge_boxes(boxes, image.width, image.height);
  for (size_t i = 0; i < boxes.size(); ++i) {
    const BoxVerdict& v = verdicts[i];
    if (v.action == BoxVerdict::kKeep) continue;
    repairs.push_back({v.id, at_line(where, lines[i]), v.mend});
    if (v.action == BoxVerdict::kRemove) {
      root.remove_child(nodes[i]);
      continue;
    }
    pugi::xml_node box = nodes[i].child("bndbox");
    box.child("xmin").text().set(data_writer::short_text(v.box.x1, -1).c_str());
    box.child("ymin").text().set(data_writer::short_text(v.box.y1, -1).c_str());
    box.child("xmax").text().set(data_writer::short_text(v.box.x2).c_str());
    box.child("ymax").text().set(data_writer::short_text(v.box.y2).c_str());
  }
  if (repairs.size() == before) return text;
  std::ostringstream out;
  doc.save(out, "  ",
           pugi::format_raw |
               (doc.first_child().type() == pugi::node_declaration ? 0u : pugi::format_no_declaration));
  return out.str();
}

std::string repair_yolo_text(const std::string& text, const std::string& where, PixelSize image,
                             std::vector<Repair>& repairs) {
  if (image.width <= 0) return text;
  std::vector<Finding> ignored;
  Problems lenient(&ignored);
  auto parsed = parse_yolo_txt(repair_bytes(text), where, lenient);
  if (!parsed.ok()) return text;
  const double w = image.width, h = image.height;
  std::vector<LabelledBox> boxes;
  for (const YoloBox& y : parsed.value()) {
    LabelledBox b;
    b.class_id = y.class_id;
    b.box = {static_cast<float>((y.cx - y.w / 2) * w), static_cast<float>((y.cy - y.h / 2) * h),
             static_cast<float>((y.cx + y.w / 2) * w), static_cast<float>((y.cy + y.h / 2) * h)};
    boxes.push_back(b);
  }
  const std::vector<BoxVerdict> verdicts = judge_boxes(boxes, image.width, image.height);
  std::vector<std::string> lines = split(text, '\n');
  std::vector<bool> removed(lines.size());
  const size_t before = repairs.size();
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const BoxVerdict& v = verdicts[i];
    if (v.action == BoxVerdict::kKeep) continue;
    const int line = parsed.value()[i].line;
    repairs.push_back({v.id, at_line(where, line), v.mend});
    const auto at = static_cast<size_t>(line - 1);
    if (v.action == BoxVerdict::kRemove) {
      removed[at] = true;
      continue;
    }
    char t[160];
    const double x1 = v.box.x1, y1 = v.box.y1, x2 = v.box.x2, y2 = v.box.y2;
    std::snprintf(t, sizeof t, "%d %.10g %.10g %.10g %.10g", boxes[i].class_id, (x1 + x2) / 2 / w,
                  (y1 + y2) / 2 / h, (x2 - x1) / w, (y2 - y1) / h);
    lines[at] = t;
  }
  if (repairs.size() == before) return text;
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!removed[i]) out += lines[i] + (i + 1 < lines.size() ? "\n" : "");
  }
  return out;
}

std::string repair_coco_text(const std::string& text, const std::string& where,
                             const std::function<PixelSize(const std::string& file_name)>& size_of,
                             std::vector<Repair>& repairs) {
  std::vector<Finding> ignored;
  Problems lenient(&ignored);
  auto parsed = parse_coco_json(repair_bytes(text), where, lenient);
  nlohmann::ordered_json j = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!parsed.ok() || !j.is_object() || !ignored.empty())
    return text;  // a file with broken entries is not rewritten
  // Every entry was understood, so lists and parsed entries run in parallel.
  auto &images = j["images"], &annotations = j["annotations"];
  if (images.size() != parsed->images.size() || annotations.size() != parsed->annotations.size()) return text;
  const size_t before = repairs.size();
  std::map<int64_t, std::vector<size_t>> of_image;
  for (size_t a = 0; a < parsed->annotations.size(); ++a)
    of_image[parsed->annotations[a].image_id].push_back(a);
  std::vector<bool> removed(annotations.size());
  for (size_t i = 0; i < parsed->images.size(); ++i) {
    const CocoImage& image = parsed->images[i];
    PixelSize size = size_of(image.file_name);
    std::vector<LabelledBox> boxes;
    const std::vector<size_t>& here = of_image[image.id];
    for (const size_t a : here) {
      const CocoAnnotation& c = parsed->annotations[a];
      LabelledBox b;
      b.class_id = static_cast<int>(c.category_id);
      b.crowd = c.crowd;
      b.box = {static_cast<float>(c.bbox[0]), static_cast<float>(c.bbox[1]),
               static_cast<float>(c.bbox[0] + c.bbox[2]), static_cast<float>(c.bbox[1] + c.bbox[3])};
      boxes.push_back(b);
    }
    if (size.width > 0 && (size.width != image.width || size.height != image.height)) {
      if (!boxes_fit(boxes, size.width, size.height)) continue;
      images[i]["width"] = size.width;
      images[i]["height"] = size.height;
      repairs.push_back(
          {"data.image-size", at_line(where, image.line),
           "size corrected to " + std::to_string(size.width) + "x" + std::to_string(size.height)});
    }
    if (size.width <= 0) size = {image.width, image.height};
    const std::vector<BoxVerdict> verdicts = judge_boxes(boxes, size.width, size.height);
    for (size_t k = 0; k < here.size(); ++k) {
      const BoxVerdict& v = verdicts[k];
      if (v.action == BoxVerdict::kKeep) continue;
      repairs.push_back({v.id, at_line(where, parsed->annotations[here[k]].line), v.mend});
      if (v.action == BoxVerdict::kRemove) {
        removed[here[k]] = true;
      } else {
        annotations[here[k]]["bbox"] = {v.box.x1, v.box.y1,
                                        static_cast<double>(v.box.x2) - static_cast<double>(v.box.x1),
                                        static_cast<double>(v.box.y2) - static_cast<double>(v.box.y1)};
      }
    }
  }
  if (repairs.size() == before) return text;
  auto kept = nlohmann::ordered_json::array();
  for (size_t a = 0; a < annotations.size(); ++a) {
    if (!removed[a]) kept.push_back(std::move(annotations[a]));
  }
  annotations = std::move(kept);
  return j.dump(1) + "\n";
}

}  // namespace jetline::data_reader

#include "jetline/data/write_formats.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "jetline/base/strings.h"
#include "jetline/data/image_index.h"

namespace jetline::data_writer {
namespace {

std::string json_text(const std::string& s) {
  return nlohmann::json(s).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

// A YAML double-quoted scalar takes every JSON string.
std::string yaml_names_text(const std::vector<std::string>& classes) {
  std::string out = "names:\n";
  for (size_t i = 0; i < classes.size(); ++i)
    out += "  " + std::to_string(i) + ": " + json_text(classes[i]) + "\n";
  return out;
}

namespace {

std::string fraction_text(double v) {
  char text[48];
  std::snprintf(text, sizeof text, "%.10g", v);
  std::replace(text, text + sizeof text, ',', '.');
  return text;
}

std::string lines_of(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& l : lines) out += l + "\n";
  return out;
}

}  // namespace

std::vector<std::string> all_splits(const WritePlan& plan, const OutputFolder& out) {
  std::vector<std::string> all = out.before().splits;
  for (const std::string& s : plan.splits) {
    if (!s.empty() && std::find(all.begin(), all.end(), s) == all.end()) all.push_back(s);
  }
  return all;
}

std::string voc_xml_text(const PlannedImage& p, const std::vector<std::string>& classes, bool round) {
  std::string x = "<annotation>\n";
  x += "  <folder>JPEGImages</folder>\n  <filename>" + html_escape(file_name(p.relative)) + "</filename>\n";
  if (p.width > 0) {
    x += "  <size><width>" + std::to_string(p.width) + "</width><height>" + std::to_string(p.height) +
         "</height><depth>3</depth></size>\n";
  }
  const auto corner = [&](float v, double offset) {
    return round ? std::to_string(std::lround(static_cast<double>(v) - offset))
                 : data_writer::short_text(v, offset);
  };
  for (const LabelledBox& b : p.image->boxes) {
    x += "  <object>\n    <name>" + html_escape(classes[static_cast<size_t>(b.class_id)]) +
         "</name>\n    <difficult>" + (b.difficult ? "1" : "0") + "</difficult>\n";
    if (b.crowd) x += "    <iscrowd>1</iscrowd>\n";
    // Continuous corners to 1-based inclusive pixels.
    x += "    <bndbox><xmin>" + corner(b.box.x1, -1) + "</xmin><ymin>" + corner(b.box.y1, -1) +
         "</ymin><xmax>" + corner(b.box.x2, 0) + "</xmax><ymax>" + corner(b.box.y2, 0) +
         "</ymax></bndbox>\n  </object>\n";
  }
  return x + "</annotation>\n";
}

std::string yolo_txt_text(const PlannedImage& p, int64_t& crowds_dropped) {
  std::string t;
  const double w = p.width, h = p.height;
  for (const LabelledBox& b : p.image->boxes) {
    if (b.crowd) {
      ++crowds_dropped;
      continue;
    }
    const std::array<double, 4> r = exact_xywh(b);
    t += std::to_string(b.class_id) + " " + fraction_text((r[0] + r[2] / 2) / w) + " " +
         fraction_text((r[1] + r[3] / 2) / h) + " " + fraction_text(r[2] / w) + " " +
         fraction_text(r[3] / h) + "\n";
  }
  return t;
}

Status write_voc_labels(const WritePlan& plan, const SaveOptions& options, OutputFolder& out,
                        SaveReport& report) {
  std::map<std::string, std::vector<std::string>> ids;
  std::set<std::string> written;
  for (const PlannedImage& p : plan.images) {
    const std::string id = data_reader::without_extension(p.name);
    ids[p.split].push_back(id);
    if (!written.insert(id).second) continue;  // one image in two splits
    ++report.images;
    report.boxes += static_cast<int64_t>(p.image->boxes.size());
    for (const LabelledBox& b : p.image->boxes) report.areas_dropped += b.area >= 0 ? 1 : 0;
    JETLINE_RETURN_IF_ERROR(
        out.write("Annotations/" + id + ".xml", voc_xml_text(p, plan.classes, options.round_voc)));
    if (options.cancel && options.cancel->cancelled()) return Status::cancelled();
  }
  for (const std::string& s : plan.splits) {
    if (!s.empty()) JETLINE_RETURN_IF_ERROR(out.write("ImageSets/Main/" + s + ".txt", lines_of(ids[s])));
  }
  return out.write("classes.txt", lines_of(plan.classes));
}

std::string coco_text(const WritePlan& plan, const std::string& split, SaveReport& report) {
  std::string images, annotations, categories;
  int64_t next_image = 0, next_box = 0;
  std::set<int64_t> image_ids, box_ids;
  // Ids that the set has are kept while they are unique.
  const auto unique = [](std::set<int64_t>& used, int64_t wanted, int64_t& next) {
    if (wanted > 0 && used.insert(wanted).second) return wanted;
    do ++next;
    while (!used.insert(next).second);
    return next;
  };
  for (const PlannedImage& p : plan.images) {
    if (p.split != split) continue;
    const int64_t id = unique(image_ids, p.image->id, next_image);
    images += (images.empty() ? "\n" : ",\n");
    images += "  {\"id\": " + std::to_string(id) + ", \"file_name\": " + json_text(p.name) +
              ", \"width\": " + std::to_string(p.width) + ", \"height\": " + std::to_string(p.height) + "}";
    ++report.images;
    for (const LabelledBox& b : p.image->boxes) {
      const std::array<double, 4> r = exact_xywh(b);
      const bool exact = r == b.written;
      const std::string x = exact ? short_text_double(r[0]) : short_text(b.box.x1);
      const std::string y = exact ? short_text_double(r[1]) : short_text(b.box.y1);
      double x1 = 0, y1 = 0;
      (void)parse_double(x, x1);
      (void)parse_double(y, y1);
      const std::string w = exact ? short_text_double(r[2]) : short_text(b.box.x2, x1);
      const std::string h = exact ? short_text_double(r[3]) : short_text(b.box.y2, y1);
      const double area = b.area >= 0 ? b.area : r[2] * r[3];
      annotations += annotations.empty() ? "\n" : ",\n";
      annotations +=
          "  {\"id\": " + std::to_string(unique(box_ids, b.id, next_box)) +
          ", \"image_id\": " + std::to_string(id) +
          ", \"category_id\": " + std::to_string(plan.category_ids[static_cast<size_t>(b.class_id)]) +
          ", \"bbox\": [" + x + ", " + y + ", " + w + ", " + h + "], \"area\": " + short_text_double(area) +
          ", \"iscrowd\": " + (b.crowd ? "1" : "0") + (b.difficult ? ", \"difficult\": 1" : "") + "}";
      ++report.boxes;
    }
  }
  for (size_t c = 0; c < plan.classes.size(); ++c) {
    categories += c ? ",\n" : "\n";
    categories += "  {\"id\": " + std::to_string(plan.category_ids[c]) +
                  ", \"name\": " + json_text(plan.classes[c]) + "}";
  }
  return "{\n\"images\": [" + images + "\n],\n\"annotations\": [" + annotations + "\n],\n\"categories\": [" +
         categories + "\n]\n}\n";
}

Status write_coco_labels(const WritePlan& plan, OutputFolder& out, SaveReport& report) {
  for (const std::string& split : plan.splits) {
    const std::string name =
        split.empty() ? "annotations/instances.json" : "annotations/instances_" + split + ".json";
    JETLINE_RETURN_IF_ERROR(out.write(name, coco_text(plan, split, report)));
  }
  return Status();
}

Status write_yolo_labels(const WritePlan& plan, OutputFolder& out, SaveReport& report) {
  for (const PlannedImage& p : plan.images) {
    const int64_t before = report.crowds_dropped;
    const std::string text = yolo_txt_text(p, report.crowds_dropped);
    const std::string folder = p.split.empty() ? "labels/" : "labels/" + p.split + "/";
    JETLINE_RETURN_IF_ERROR(out.write(folder + data_reader::without_extension(p.name) + ".txt", text));
    ++report.images;
    report.boxes += static_cast<int64_t>(p.image->boxes.size()) - (report.crowds_dropped - before);
    for (const LabelledBox& b : p.image->boxes) report.areas_dropped += b.area >= 0 && !b.crowd ? 1 : 0;
  }
  std::string yaml = "path: .\n";
  const std::vector<std::string> splits = all_splits(plan, out);
  if (splits.empty()) yaml += "train: images\n";
  for (const std::string& s : splits) yaml += json_text(s) + ": " + json_text("images/" + s) + "\n";
  yaml += "nc: " + std::to_string(plan.classes.size()) + "\n" + yaml_names_text(plan.classes);
  return out.write("data.yaml", yaml);
}

}  // namespace jetline::data_writer

// Reading YOLO txt sets. Boxes are fractions of the image, so the size of every labelled image is read from
// its file.
#include <algorithm>
#include <unordered_set>

#include "jetline/base/strings.h"
#include "jetline/data/yolo_layout.h"
#include "jetline/data/yolo_txt.h"
#include "jetline/vision/image_io.h"

namespace jetline::data_reader {
namespace {

class YoloReader {
 public:
  YoloReader(const Source& source, Problems& problems) : source_(source), problems_(problems) {
    dataset_.format = "yolo";
    dataset_.root = source.root;
  }

  Result<Dataset> read(const std::string& split) {
    JETLINE_ASSIGN_OR_RETURN(layout_, yolo_layout(source_));
    dataset_.classes = layout_.names;
    if (dataset_.classes.empty() && !layout_.names_file.empty()) {
      JETLINE_ASSIGN_OR_RETURN(dataset_.classes, read_names(layout_.names_file));
    }
    named_ = !dataset_.classes.empty();
    bool any = false;
    for (const YoloSplit& s : layout_.splits) {
      if (!split.empty() && !same_split(s.name, split)) continue;
      any = true;
      for (const std::string& place : s.places) JETLINE_RETURN_IF_ERROR(add_place(place));
    }
    if (!any && !split.empty()) {
      return Status::bad_input("data.no-split", source_.root + " has no split '" + split + "'",
                               "`jetline data inspect` lists the splits", source_.root);
    }
    if (!any) {
      for (const std::string& dir : layout_.image_dirs) JETLINE_RETURN_IF_ERROR(add_place(dir));
    }
    return std::move(dataset_);
  }

 private:
  // A folder of images, or a file with one image path a line.
  Status add_place(const std::string& place) {
    if (is_directory(place)) {
      for (const std::string& path : images_below(place))
        JETLINE_RETURN_IF_ERROR(add_image(path, relative_to(path, place)));
      return Status();
    }
    JETLINE_ASSIGN_OR_RETURN(const auto lines, read_lines(place));
    const std::string base = parent_path(place);
    const std::vector<std::string> bases{base, source_.root, parent_path(base.empty() ? "." : base)};
    for (const auto& [number, line] : lines) {
      const std::string path = resolve_path(line, bases);
      if (!path.empty()) {
        JETLINE_RETURN_IF_ERROR(add_image(path, file_name(path)));
      } else if (!source_.options.skip_missing) {
        JETLINE_RETURN_IF_ERROR(
            problems_.report("data.image-missing", "the listed image " + line + " is not there",
                             at_line(place, number), "add it, remove the line, or use --skip-missing"));
      }
    }
    return Status();
  }

  Status add_image(const std::string& path, const std::string& name) {
    if (!seen_.insert(path).second) return Status();
    LabelledImage image;
    image.path = path;
    image.name = name;
    image.id = static_cast<int64_t>(dataset_.images.size()) + 1;
    const std::string label = yolo_label_for(path, source_.root);
    std::vector<YoloBox> boxes;
    if (file_exists(label)) {
      image.label_file = label;
      JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(label, kMaxLabelBytes));
      const ByteView bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
      JETLINE_ASSIGN_OR_RETURN(boxes, parse_yolo_txt(bytes, label, problems_));
    }
    auto size = probe_image(path);
    if (size.ok()) {
      image.width = size->width;
      image.height = size->height;
    } else if (!boxes.empty()) {
      // Without the size the boxes mean nothing.
      JETLINE_RETURN_IF_ERROR(problems_.report("data.image-broken",
                                               "the image cannot be read: " + size.status().message(), path));
      boxes.clear();
    }
    for (const YoloBox& b : boxes) JETLINE_RETURN_IF_ERROR(add_box(b, image));
    dataset_.images.push_back(std::move(image));
    return Status();
  }

  Status add_box(const YoloBox& y, LabelledImage& image) {
    LabelledBox b;
    b.where = at_line(image.label_file, y.line);
    b.class_id = y.class_id;
    if (static_cast<size_t>(y.class_id) >= dataset_.classes.size()) {
      if (named_ || y.class_id >= 100000) {
        return problems_.report("data.unknown-class",
                                "class " + std::to_string(y.class_id) + " is beyond the " +
                                    std::to_string(dataset_.classes.size()) + " names",
                                b.where, "add the name or correct the label");
      }
      while (dataset_.classes.size() <= static_cast<size_t>(y.class_id)) {
        dataset_.classes.push_back("class" + std::to_string(dataset_.classes.size()));
      }
    }
    const double w = image.width, h = image.height;
    b.box = {static_cast<float>((y.cx - y.w / 2) * w), static_cast<float>((y.cy - y.h / 2) * h),
             static_cast<float>((y.cx + y.w / 2) * w), static_cast<float>((y.cy + y.h / 2) * h)};
    b.id = ++last_id_;
    image.boxes.push_back(std::move(b));
    return Status();
  }

  const Source& source_;
  Problems& problems_;
  YoloLayout layout_;
  Dataset dataset_;
  std::unordered_set<std::string> seen_;
  bool named_ = false;
  int64_t last_id_ = 0;
};

}  // namespace

Result<std::vector<std::string>> yolo_splits(const Source& source) {
  JETLINE_ASSIGN_OR_RETURN(const YoloLayout layout, yolo_layout(source));
  std::vector<std::string> out;
  for (const YoloSplit& s : layout.splits) {
    if (std::find(out.begin(), out.end(), s.name) == out.end()) out.push_back(s.name);
  }
  return out;
}

Result<Dataset> read_yolo(const Source& source, const std::string& split, Problems& problems) {
  return YoloReader(source, problems).read(split);
}

}  // namespace jetline::data_reader

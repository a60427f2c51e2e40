#include "jetline/data/dataset.h"

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/data/reader.h"

namespace jetline {
namespace data_reader {
namespace {

bool looks_like(const std::string& format, const std::string& root) {
  return format == "voc"    ? looks_like_voc(root)
         : format == "coco" ? looks_like_coco(root)
                            : looks_like_yolo(root);
}

std::string recognise_folder(const std::string& root) {
  // A data.yaml or a names file says "YOLO" in so many words, so it wins over XML files beside it; COCO
  // before VOC because a folder of images with a json has no XML.
  const bool yolo = looks_like_yolo(root);
  const bool voc = looks_like_voc(root);
  if (yolo) return "yolo";
  if (voc) return "voc";
  return looks_like_coco(root) ? "coco" : "";
}

void search_down(const std::string& dir, int depth, const std::string& want, std::vector<Source>& found) {
  const std::string format = want.empty() ? recognise_folder(dir) : looks_like(want, dir) ? want : "";
  if (!format.empty()) {
    Source s;
    s.format = format;
    s.root = dir;
    found.push_back(std::move(s));
    return;
  }
  if (depth == 0 || found.size() > 8) return;
  const std::vector<std::string> folders = folders_in(dir);
  if (folders.size() > 64) return;
  for (const std::string& f : folders) search_down(join_path(dir, f), depth - 1, want, found);
}

bool known_format(const std::string& f) {
  return f == "voc" || f == "coco" || f == "yolo";
}

Result<Source> source_of_file(const std::string& path, const DatasetOptions& options) {
  Source s;
  s.options = options;
  s.file = path;
  s.root = parent_path(path).empty() ? "." : parent_path(path);
  const std::string extension = file_extension_lower(path);
  if (extension == ".json") {
    s.format = "coco";
    const std::string folder = to_lower(file_name(s.root));
    if (folder == "annotations" || folder == "annotation" || folder == "labels") {
      s.root = parent_path(s.root).empty() ? "." : parent_path(s.root);
    }
    return s;
  }
  if (extension == ".yaml" || extension == ".yml" || extension == ".data") {
    s.format = "yolo";
    return s;
  }
  return Status::bad_input("data.unknown-format", path + " is not a data set that jetline knows",
                           "give a folder, a COCO .json or a YOLO data.yaml", path);
}

}  // namespace

Result<Source> find_source(const std::string& path, const DatasetOptions& options) {
  if (!options.format.empty() && !known_format(options.format)) {
    return Status::usage("data.unknown-format", "there is no data set format '" + options.format + "'",
                         "voc, coco or yolo");
  }
  if (!file_exists(path)) {
    const std::string folder = parent_path(path);
    const auto there = list_directory(folder.empty() ? "." : folder);
    const std::string near = there.ok() ? nearest_word(file_name(path), there.value()) : "";
    return Status::bad_input(
        "data.not-found", path + " is not there",
        near.empty() ? "check the name" : "did you mean " + join_path(folder, near) + "?", path);
  }
  if (!is_directory(path)) return source_of_file(path, options);
  std::string root = path;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  Source s;
  s.options = options;
  s.root = root;
  if (options.format == "coco" && !options.labels_path.empty()) {
    s.format = options.format;
    return s;
  }
  std::vector<Source> found;
  search_down(root, 3, options.format, found);
  if (found.size() > 1) {
    std::vector<std::string> names;
    for (const Source& f : found) names.push_back(f.root);
    return Status::bad_input("data.ambiguous", path + " holds several data sets: " + join(names, ", "),
                             "name one of them", path);
  }
  if (found.size() == 1) {
    found[0].options = options;
    return found[0];
  }
  return Status::bad_input("data.unknown-format", path + " holds no Pascal VOC, COCO or YOLO set",
                           "docs/data.md shows the layouts; --format forces one", path);
}

Result<std::vector<std::string>> splits_of(const Source& s) {
  return s.format == "voc" ? voc_splits(s) : s.format == "coco" ? coco_splits(s) : yolo_splits(s);
}

namespace {

// data.no-split with the splits that there are.
Status name_splits(const Source& s, const std::string& split, const Status& status) {
  const auto names = splits_of(s);
  if (status.id() != "data.no-split" || !names.ok()) return status;
  const std::string near = nearest_word(split, names.value());
  return Status::bad_input(status.id(), status.message(),
                           names->empty() ? "the set has no splits"
                                          : (near.empty() ? "" : "did you mean " + near + "? ") +
                                                "splits: " + join(names.value(), ", "),
                           status.where());
}

}  // namespace

Result<Dataset> read_source(const Source& s, const std::string& split, Problems& problems) {
  auto read = s.format == "voc"    ? read_voc(s, split, problems)
              : s.format == "coco" ? read_coco(s, split, problems)
                                   : read_yolo(s, split, problems);
  if (!read.ok()) return name_splits(s, split, read.status());
  Dataset d = std::move(read).value();
  if (!s.options.classes.empty()) restrict_classes(d, s.options.classes);
  return d;
}

}  // namespace data_reader

std::array<double, 4> exact_xywh(const LabelledBox& b) {
  const std::array<double, 4>& w = b.written;
  if (static_cast<float>(w[0]) == b.box.x1 && static_cast<float>(w[1]) == b.box.y1 &&
      static_cast<float>(w[0] + w[2]) == b.box.x2 && static_cast<float>(w[1] + w[3]) == b.box.y2) {
    return w;
  }
  const double x1 = b.box.x1, y1 = b.box.y1;
  return {x1, y1, static_cast<double>(b.box.x2) - x1, static_cast<double>(b.box.y2) - y1};
}

Result<Dataset> load_dataset(const std::string& path, const DatasetOptions& options) {
  JETLINE_ASSIGN_OR_RETURN(const data_reader::Source source, data_reader::find_source(path, options));
  data_reader::Problems strict;
  JETLINE_ASSIGN_OR_RETURN(Dataset d, data_reader::read_source(source, options.split, strict));
  if (d.images.empty()) {
    return Status::bad_input(
        "data.empty",
        path + " holds no images" + (options.split.empty() ? "" : " in split '" + options.split + "'"),
        "`jetline data doctor` says what is there", path);
  }
  return d;
}

Result<std::vector<std::string>> dataset_splits(const std::string& path, const DatasetOptions& options) {
  JETLINE_ASSIGN_OR_RETURN(const data_reader::Source source, data_reader::find_source(path, options));
  return data_reader::splits_of(source);
}

}  // namespace jetline

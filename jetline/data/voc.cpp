// Reading Pascal VOC: a folder of XML files, a folder of images, split files of ids. Layouts that people
// really have (JPEGImages or images, Annotations or annotations/xmls, ImageSets/Main or ImageSets) are all
// taken.
#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/data/image_index.h"
#include "jetline/data/voc_xml.h"
#include "jetline/vision/image_io.h"

namespace jetline::data_reader {
namespace {

struct VocLayout {
  std::string annotations;              // folder of XML files, searched with its subfolders
  std::vector<std::string> image_dirs;  // in order of preference
  std::string sets;                     // folder of split files, "" when there is none
};

bool voc_has_xml(const std::string& dir) {
  if (!files_in(dir, ".xml").empty()) return true;
  for (const std::string& sub : folders_in(dir)) {
    if (!files_in(join_path(dir, sub), ".xml").empty()) return true;
  }
  return false;
}

bool voc_layout(const std::string& root, VocLayout& layout) {
  const std::vector<std::string> folders = folders_in(root);
  for (const char* want : {"annotations", "annotation", "xmls", "xml", "labels"}) {
    for (const std::string& f : folders) {
      const std::string dir = join_path(root, f);
      if (layout.annotations.empty() && to_lower(f) == want && voc_has_xml(dir)) layout.annotations = dir;
    }
  }
  if (layout.annotations.empty() && !files_in(root, ".xml").empty()) layout.annotations = root;
  if (layout.annotations.empty()) return false;
  for (const char* want : {"jpegimages", "images", "image", "imgs", "img", "pngimages", "jpegs", "data"}) {
    for (const std::string& f : folders) {
      if (to_lower(f) == want) layout.image_dirs.push_back(join_path(root, f));
    }
  }
  if (layout.image_dirs.empty()) layout.image_dirs.push_back(layout.annotations);
  if (layout.image_dirs.size() == 1 && layout.annotations != root)
    layout.image_dirs.push_back(layout.annotations);
  for (const char* sets : {"ImageSets/Main", "ImageSets", "imagesets/main", "imagesets"}) {
    if (layout.sets.empty() && !files_in(join_path(root, sets), ".txt").empty())
      layout.sets = join_path(root, sets);
  }
  return true;
}

struct VocItem {
  std::string id;     // relative stem: "2007_000027", "a/b"
  std::string xml;    // "" when there is none
  std::string image;  // "" when there is none
};

// A line of a split file is an id; "id 1" and "id -1" (per-class files of the original set) say whether the
// class occurs; ids may hold spaces.
std::string voc_id_of_line(const std::string& line) {
  for (const char* flag : {" 1", " -1", " 0"}) {
    if (ends_with(line, flag) && line.size() > std::string(flag).size()) {
      return std::string(trim(line.substr(0, line.size() - std::string(flag).size())));
    }
  }
  return line;
}

class VocReader {
 public:
  VocReader(const Source& source, Problems& problems)
      : source_(source), problems_(problems), classes_({}, false) {}

  Result<Dataset> read(const std::string& split) {
    if (!voc_layout(source_.root, layout_)) {
      return Status::bad_input("data.unknown-format", source_.root + " holds no Pascal VOC set", "",
                               source_.root);
    }
    JETLINE_RETURN_IF_ERROR(find_classes());
    for (const std::string& dir : layout_.image_dirs) images_.add(dir);
    JETLINE_RETURN_IF_ERROR(index_xml());
    JETLINE_RETURN_IF_ERROR(split.empty() ? list_all() : list_split(split));
    Dataset d;
    d.format = "voc";
    d.root = source_.root;
    for (const VocItem& item : items_) JETLINE_RETURN_IF_ERROR(add(item, d));
    if (!classes_.fixed() && !split.empty()) collect_other_classes();
    d.classes = classes_.names();
    if (!classes_.fixed()) {
      std::vector<std::string> sorted = d.classes;
      std::sort(sorted.begin(), sorted.end());
      reorder_classes(d, sorted);
    }
    return d;
  }

 private:
  Status find_classes() {
    // jetline's writer leaves classes.txt, since VOC itself keeps neither order nor classes without boxes.
    const std::string file = join_path(source_.root, "classes.txt");
    if (!file_exists(file)) return Status();
    JETLINE_ASSIGN_OR_RETURN(auto names, read_names(file));
    classes_ = ClassTable(std::move(names), true);
    return Status();
  }

  // Every split must number the classes alike, also those that only other splits have.
  void collect_other_classes() {
    std::set<std::string> read;
    for (const VocItem& item : items_) read.insert(item.xml);
    std::vector<Finding> ignored;
    Problems lenient(&ignored);
    for (const auto& [stem, file] : xml_) {
      if (read.count(file)) continue;
      auto mapped = MappedFile::open(file);
      if (!mapped.ok() || static_cast<int64_t>(mapped.value()->bytes().size()) > kMaxLabelBytes) continue;
      auto parsed = parse_voc_xml(mapped.value()->bytes(), file, lenient);
      if (!parsed.ok()) continue;
      for (const VocObject& o : parsed->objects) (void)classes_.id(o.name);
    }
  }

  Status index_xml() {
    JETLINE_ASSIGN_OR_RETURN(const auto files, list_files_recursive(layout_.annotations));
    for (const std::string& f : files) {
      if (file_extension_lower(f) != ".xml" || file_name(f)[0] == '.') continue;
      xml_.emplace(without_extension(relative_to(f, layout_.annotations)), f);
      xml_by_name_.emplace(file_stem(f), f);
    }
    return Status();
  }

  // The XML of an image in a subfolder may lie flat, and the other way round.
  std::string xml_for(const std::string& id) const {
    auto it = xml_.find(id);
    if (it != xml_.end()) return it->second;
    it = xml_by_name_.find(file_name(id));
    return it == xml_by_name_.end() ? std::string() : it->second;
  }

  Status list_all() {
    std::set<std::string> with_label;
    for (const auto& [stem, file] : xml_) {
      items_.push_back({stem, file, find_image(stem)});
      with_label.insert(items_.back().image);
    }
    labelled_ = std::move(with_label);
    // Images without a label file are images without objects (the doctor points at them).
    const std::string& dir = layout_.image_dirs.front();
    for (const std::string& path : images_.all()) {
      if (path.compare(0, dir.size(), dir) != 0 || labelled_.count(path)) continue;
      const std::string id = without_extension(relative_to(path, dir));
      if (!xml_.count(id)) items_.push_back({id, "", path});
    }
    std::sort(items_.begin(), items_.end(), [](const VocItem& a, const VocItem& b) { return a.id < b.id; });
    return Status();
  }

  Status list_split(const std::string& split) {
    std::string file;
    for (const std::string& name : files_in(layout_.sets, ".txt")) {
      if (file.empty() && same_split(file_stem(name), split)) file = join_path(layout_.sets, name);
    }
    if (file.empty()) {
      return Status::bad_input("data.no-split", source_.root + " has no split '" + split + "'",
                               "`jetline data inspect` lists the splits", source_.root);
    }
    JETLINE_ASSIGN_OR_RETURN(const auto lines, read_lines(file));
    for (const auto& [number, line] : lines) {
      std::string id = has_image_extension(line) ? without_extension(line) : line;
      std::string xml = xml_for(id), image = find_image(id);
      if (xml.empty() && image.empty()) {
        id = voc_id_of_line(line);
        xml = xml_for(id), image = find_image(id);
      }
      if (xml.empty() && image.empty()) {
        JETLINE_RETURN_IF_ERROR(problems_.report(
            "data.split-missing-image", "the split names '" + line + "', which has neither image nor label",
            at_line(file, number), "remove the line or add the files"));
        continue;
      }
      items_.push_back({id, xml, image});
    }
    return Status();
  }

  std::string find_image(const std::string& id) const {
    std::string path = images_.by_stem(id);
    if (path.empty() && id.find('/') != std::string::npos) path = images_.by_stem(file_name(id));
    return path;
  }

  Status add(const VocItem& item, Dataset& d) {
    LabelledImage image;
    image.path = item.image;
    image.id = static_cast<int64_t>(d.images.size()) + 1;
    if (!item.xml.empty()) {
      image.label_file = item.xml;
      auto file = MappedFile::open(item.xml);
      if (!file.ok()) return file.status();
      const ByteView bytes = file.value()->bytes();
      if (static_cast<int64_t>(bytes.size()) > kMaxLabelBytes) {
        return problems_.report("data.syntax", item.xml + " is too large for a label file", item.xml);
      }
      auto parsed = parse_voc_xml(bytes, item.xml, problems_);
      if (!parsed.ok()) {
        const Status s = parsed.status();
        return problems_.report(s.id(), s.message(), s.where(), s.hint());
      }
      const VocAnnotation& a = parsed.value();
      image.width = a.width;
      image.height = a.height;
      if (image.path.empty()) image.path = images_.by_name(a.filename);
      if (image.path.empty()) image.path = images_.by_name(file_name(a.filename));
      if (image.path.empty())
        image.path =
            join_path(layout_.image_dirs.front(), a.filename.empty() ? item.id + ".jpg" : a.filename);
      JETLINE_RETURN_IF_ERROR(add_boxes(a, item.xml, image));
    }
    image.name = image.path;
    for (const std::string& dir : layout_.image_dirs) image.name = relative_to(image.name, dir);
    d.images.push_back(std::move(image));
    return Status();
  }

  Status add_boxes(const VocAnnotation& a, const std::string& xml, LabelledImage& image) {
    for (const VocObject& o : a.objects) {
      LabelledBox b;
      b.where = at_line(xml, o.line);
      b.class_id = classes_.id(o.name);
      if (b.class_id < 0) {
        JETLINE_RETURN_IF_ERROR(problems_.report("data.unknown-class",
                                                 "class '" + o.name + "' is not in classes.txt", b.where,
                                                 "add it to classes.txt or correct the label"));
        continue;
      }
      // 1-based inclusive pixels to continuous corners: the first pixel spans 0 to 1.
      b.box = {static_cast<float>(o.xmin - 1), static_cast<float>(o.ymin - 1), static_cast<float>(o.xmax),
               static_cast<float>(o.ymax)};
      b.difficult = o.difficult;
      b.crowd = o.crowd;
      b.id = ++last_id_;
      image.boxes.push_back(std::move(b));
    }
    return Status();
  }

  const Source& source_;
  Problems& problems_;
  VocLayout layout_;
  ClassTable classes_;
  ImageIndex images_;
  std::map<std::string, std::string> xml_;          // relative stem -> file
  std::map<std::string, std::string> xml_by_name_;  // stem without folder -> file
  std::set<std::string> labelled_;
  std::vector<VocItem> items_;
  int64_t last_id_ = 0;
};

}  // namespace

bool looks_like_voc(const std::string& root) {
  VocLayout layout;
  return voc_layout(root, layout);
}

Result<std::vector<std::string>> voc_splits(const Source& source) {
  VocLayout layout;
  std::vector<std::string> out;
  if (!voc_layout(source.root, layout) || layout.sets.empty()) return out;
  const std::vector<std::string> files = files_in(layout.sets, ".txt");
  const auto has = [&](const std::string& stem) {
    return std::find(files.begin(), files.end(), stem + ".txt") != files.end();
  };
  for (const std::string& f : files) {
    const std::string stem = file_stem(f);
    // "aeroplane_train.txt" of the original set names one class in a split that is there as a whole.
    const size_t bar = stem.rfind('_');
    if (bar != std::string::npos && has(stem.substr(bar + 1))) continue;
    out.push_back(stem);
  }
  return out;
}

Result<Dataset> read_voc(const Source& source, const std::string& split, Problems& problems) {
  return VocReader(source, problems).read(split);
}

}  // namespace jetline::data_reader

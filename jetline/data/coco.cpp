// Reading COCO: which json files belong to a set, where its images are, and from ids to indices.
#include <algorithm>
#include <unordered_map>

#include "jetline/base/strings.h"
#include "jetline/data/coco_json.h"

namespace jetline::data_reader {
namespace {

constexpr int64_t kCocoMaxBytes = int64_t{8} << 30;

struct CocoPart {
  std::string split;  // "train2017", "val", or "" for a file that names none
  std::string file;
};

// "instances_val2017" -> "val2017", "train" -> "train", "_annotations.coco" -> "". Behind "instances_" stands
// a split whatever it is called, but for the words that annotation tools put there for everything.
std::string coco_split_name(const std::string& stem) {
  std::string s = stem;
  for (const char* prefix : {"instances_", "annotations_", "coco_", "_annotations", "labels_"}) {
    if (starts_with(to_lower(s), prefix)) s = s.substr(std::string(prefix).size());
  }
  const std::string l = to_lower(s);
  for (const char* word : {"train", "val", "test"}) {
    if (l.find(word) != std::string::npos) return s;
  }
  const bool instances = starts_with(to_lower(stem), "instances_");
  return instances && l != "default" && l != "all" ? s : "";
}

// Other kinds of COCO label files that lie in the same folder.
bool coco_other_task(const std::string& name) {
  const std::string l = to_lower(name);
  for (const char* prefix : {"person_keypoints_", "captions_", "stuff_", "panoptic_", "image_info_"}) {
    if (starts_with(l, prefix)) return true;
  }
  return false;
}

std::vector<CocoPart> coco_parts(const Source& source) {
  std::vector<CocoPart> parts;
  const std::string given = source.file.empty() ? source.options.labels_path : source.file;
  if (!given.empty()) return {{coco_split_name(file_stem(given)), given}};
  const auto take = [&](const std::string& dir, const std::string& folder_split) {
    for (const std::string& name : files_in(dir, ".json")) {
      const std::string file = join_path(dir, name);
      if (coco_other_task(name) || !looks_like_coco_file(file)) continue;
      const std::string split = coco_split_name(file_stem(name));
      parts.push_back({split.empty() ? folder_split : split, file});
    }
  };
  take(source.root, "");
  for (const std::string& f : folders_in(source.root)) {
    const std::string l = to_lower(f);
    if (l == "annotations" || l == "annotation" || l == "labels") take(join_path(source.root, f), "");
    if (l == "train" || l == "test" || same_split(l, "val")) take(join_path(source.root, f), f);
  }
  return parts;
}

bool coco_is_split(const std::string& have, const std::string& want) {
  if (same_split(have, want)) return true;
  // "val" also means "val2017".
  return starts_with(to_lower(have), to_lower(want)) &&
         have.find_first_not_of("0123456789", want.size()) == std::string::npos;
}

class CocoReader {
 public:
  CocoReader(const Source& source, Problems& problems) : source_(source), problems_(problems) {
    dataset_.format = "coco";
    dataset_.root = source.root;
  }

  Status add_file(const CocoPart& part) {
    JETLINE_ASSIGN_OR_RETURN(const auto file, MappedFile::open(part.file));
    if (static_cast<int64_t>(file->bytes().size()) > kCocoMaxBytes) {
      return Status::bad_input("file.too-large", part.file + " is over 8 GiB", "split it", part.file);
    }
    JETLINE_ASSIGN_OR_RETURN(const CocoFile coco, parse_coco_json(file->bytes(), part.file, problems_));
    JETLINE_RETURN_IF_ERROR(add_categories(coco, part.file));
    find_folders(part);
    JETLINE_RETURN_IF_ERROR(add_images(coco, part.file));
    return add_boxes(coco, part.file);
  }
  Dataset take() { return std::move(dataset_); }

 private:
  Status add_categories(const CocoFile& coco, const std::string& file) {
    category_.clear();
    std::vector<CocoCategory> categories = coco.categories;
    if (!coco.has_categories) {  // single-class sets sometimes leave the list out
      std::set<int64_t> ids;
      for (const CocoAnnotation& a : coco.annotations) ids.insert(a.category_id);
      for (int64_t id : ids) categories.push_back({id, "class" + std::to_string(id), 1});
    }
    // Class ids follow category ids, as pycocotools orders them, not the order in the file.
    std::stable_sort(categories.begin(), categories.end(),
                     [](const CocoCategory& a, const CocoCategory& b) { return a.id < b.id; });
    for (const CocoCategory& c : categories) {
      const auto name = std::find(dataset_.classes.begin(), dataset_.classes.end(), c.name);
      int index = static_cast<int>(name - dataset_.classes.begin());
      if (category_.count(c.id)) {
        JETLINE_RETURN_IF_ERROR(problems_.report(
            "data.syntax", "category id " + std::to_string(c.id) + " occurs twice", at_line(file, c.line)));
        continue;
      }
      const bool same_file_twin = name != dataset_.classes.end() && own_.count(index);
      if (name == dataset_.classes.end() || same_file_twin) {
        // Two categories of one name stay apart: their ids differ, and the metric counts them apart.
        index = static_cast<int>(dataset_.classes.size());
        dataset_.classes.push_back(c.name);
        dataset_.category_ids.push_back(c.id);
      }
      own_.insert(index);
      category_[c.id] = index;
    }
    own_.clear();
    return Status();
  }

  void find_folders(const CocoPart& part) {
    const std::string base = parent_path(part.file);
    folders_.clear();
    const auto push = [&](const std::string& dir) {
      if (is_directory(dir.empty() ? "." : dir) &&
          std::find(folders_.begin(), folders_.end(), dir) == folders_.end()) {
        folders_.push_back(dir);
      }
    };
    for (const std::string& root : {source_.root, base}) {
      for (const char* images : {"images", "JPEGImages", "img", "imgs", "data"}) {
        const std::string dir = join_path(root, images);
        if (!part.split.empty()) push(join_path(dir, part.split));
        push(dir);
      }
      if (!part.split.empty()) push(join_path(root, part.split));
      push(root);
    }
    for (const std::string& f : folders_in(source_.root)) push(join_path(source_.root, f));
    fallback_ =
        is_directory(join_path(source_.root, "images")) ? join_path(source_.root, "images") : source_.root;
    last_ = 0;
  }

  std::string find_image(const std::string& name) {
    if (!name.empty() && name[0] == '/' && file_exists(name)) return name;
    for (size_t i = 0; i < folders_.size(); ++i) {
      const size_t f = (last_ + i) % folders_.size();
      const std::string path = join_path(folders_[f], name);
      if (file_exists(path)) {
        last_ = f;
        return path;
      }
    }
    return join_path(fallback_, name);
  }

  Status add_images(const CocoFile& coco, const std::string& file) {
    image_.clear();
    for (const CocoImage& c : coco.images) {
      if (image_.count(c.id)) {
        JETLINE_RETURN_IF_ERROR(problems_.report(
            "data.syntax", "image id " + std::to_string(c.id) + " occurs twice", at_line(file, c.line)));
        continue;
      }
      LabelledImage image;
      image.name = c.file_name;
      image.path = find_image(c.file_name);
      image.width = c.width;
      image.height = c.height;
      // Ids of different files may collide; those of a single file are kept as they are.
      image.id = used_.count(c.id) ? *used_.rbegin() + 1 : c.id;
      used_.insert(image.id);
      image.label_file = file;
      image_.emplace(c.id, dataset_.images.size());
      dataset_.images.push_back(std::move(image));
    }
    return Status();
  }

  Status add_boxes(const CocoFile& coco, const std::string& file) {
    for (const CocoAnnotation& a : coco.annotations) {
      const std::string where = at_line(file, a.line);
      const auto image = image_.find(a.image_id);
      if (image == image_.end()) {
        JETLINE_RETURN_IF_ERROR(problems_.report("data.syntax",
                                                 "annotation " + std::to_string(a.id) + " names image " +
                                                     std::to_string(a.image_id) + ", which is not listed",
                                                 where));
        continue;
      }
      const auto category = category_.find(a.category_id);
      if (category == category_.end()) {
        JETLINE_RETURN_IF_ERROR(problems_.report("data.unknown-class",
                                                 "annotation " + std::to_string(a.id) + " has category " +
                                                     std::to_string(a.category_id) + ", which is not listed",
                                                 where));
        continue;
      }
      LabelledBox b;
      b.written = a.bbox;
      b.box = {static_cast<float>(a.bbox[0]), static_cast<float>(a.bbox[1]),
               static_cast<float>(a.bbox[0] + a.bbox[2]), static_cast<float>(a.bbox[1] + a.bbox[3])};
      b.class_id = category->second;
      b.area = a.area;
      b.crowd = a.crowd;
      b.difficult = a.difficult;
      b.id = a.id;
      b.where = where;
      dataset_.images[image->second].boxes.push_back(std::move(b));
    }
    return Status();
  }

  const Source& source_;
  Problems& problems_;
  Dataset dataset_;
  std::unordered_map<int64_t, int> category_;
  std::set<int> own_;
  std::unordered_map<int64_t, size_t> image_;
  std::set<int64_t> used_;
  std::vector<std::string> folders_;
  std::string fallback_;
  size_t last_ = 0;
};

}  // namespace

bool looks_like_coco_file(const std::string& file) {
  auto mapped = MappedFile::open(file);
  if (!mapped.ok()) return false;
  const ByteView b = mapped.value()->bytes();
  const std::string_view head =
      trim(std::string_view(reinterpret_cast<const char*>(b.data()), std::min<size_t>(b.size(), 1 << 16)));
  if (head.empty() || head[0] != '{') return false;
  for (const char* key : {"\"images\"", "\"annotations\"", "\"categories\""}) {
    if (head.find(key) != std::string_view::npos) return true;
  }
  return false;
}

bool looks_like_coco(const std::string& root) {
  Source s;
  s.root = root;
  return !coco_parts(s).empty();
}

Result<std::vector<std::string>> coco_splits(const Source& source) {
  std::vector<std::string> out;
  for (const CocoPart& p : coco_parts(source)) {
    if (!p.split.empty() && std::find(out.begin(), out.end(), p.split) == out.end()) out.push_back(p.split);
  }
  return out;
}

Result<Dataset> read_coco(const Source& source, const std::string& split, Problems& problems) {
  CocoReader reader(source, problems);
  bool any = false;
  const std::vector<CocoPart> parts = coco_parts(source);
  // A file that names no split holds everything; the split files beside it repeat parts of it.
  const bool whole =
      std::any_of(parts.begin(), parts.end(), [](const CocoPart& p) { return p.split.empty(); });
  for (const CocoPart& part : parts) {
    if (split.empty() ? whole && !part.split.empty() : !coco_is_split(part.split, split)) continue;
    const Status s = reader.add_file(part);
    if (!s.ok()) JETLINE_RETURN_IF_ERROR(problems.report(s.id(), s.message(), s.where(), s.hint()));
    any = true;
  }
  if (!any) {
    return Status::bad_input("data.no-split", source.root + " has no split '" + split + "'",
                             "`jetline data inspect` lists the splits", source.root);
  }
  return reader.take();
}

}  // namespace jetline::data_reader

#include "jetline/data/split.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_map>

#include "jetline/base/hash.h"
#include "jetline/base/random.h"
#include "jetline/base/strings.h"
#include "jetline/data/image_index.h"
#include "jetline/data/reader.h"
#include "jetline/data/write_formats.h"

namespace jetline {
namespace {

Status bad_split(const std::string& why) {
  return Status::usage("data.bad-split", why, "for example train=0.8,val=0.2 or train=160,val=40");
}

std::vector<int64_t> split_counts(const std::vector<SplitShare>& shares, int64_t images) {
  std::vector<int64_t> counts;
  double sum = 0;
  int64_t given = 0;
  for (const SplitShare& s : shares) {
    // Rounding the running sum uses every image when the ratios add up to 1.
    sum += s.share;
    const auto until = static_cast<int64_t>(std::floor(sum * static_cast<double>(images) + 0.5));
    counts.push_back(s.share > 0 ? until - given : s.count);
    if (s.share > 0) given = until;
  }
  return counts;
}

class Stratifier {
 public:
  Stratifier(const Dataset& d, const std::vector<int64_t>& counts, uint64_t seed)
      : random_(seed), room_(counts) {
    const size_t groups = d.classes.size() + 1;  // the last: images without boxes
    members_.resize(groups);
    groups_of_.resize(d.images.size());
    std::vector<size_t> order(d.images.size());
    std::iota(order.begin(), order.end(), size_t{0});
    random_.shuffle(order);
    for (const size_t i : order) {
      std::vector<size_t>& g = groups_of_[i];
      for (const LabelledBox& b : d.images[i].boxes) g.push_back(static_cast<size_t>(b.class_id));
      if (g.empty()) g.push_back(groups - 1);
      std::sort(g.begin(), g.end());
      g.erase(std::unique(g.begin(), g.end()), g.end());
      for (const size_t k : g) members_[k].push_back(i);
    }
    const auto total = static_cast<double>(d.images.size());
    wanted_.resize(counts.size());
    for (size_t s = 0; s < counts.size(); ++s) {
      for (const auto& m : members_) {
        wanted_[s].push_back(static_cast<double>(m.size()) * static_cast<double>(counts[s]) /
                             std::max(1.0, total));
      }
    }
    unused_ =
        static_cast<int64_t>(d.images.size()) - std::accumulate(counts.begin(), counts.end(), int64_t{0});
    to_.assign(d.images.size(), counts.size());
    done_.assign(d.images.size(), false);
  }

  std::vector<std::vector<size_t>> run(const std::vector<std::vector<size_t>>& twins) {
    // The images that belong nowhere are a share of their own while dividing, so that the others stay in
    // proportion.
    room_.push_back(unused_);
    std::vector<double> rest;
    for (size_t g = 0; g < members_.size(); ++g) {
      double used = 0;
      for (const auto& w : wanted_) used += w[g];
      rest.push_back(static_cast<double>(members_[g].size()) - used);
    }
    wanted_.push_back(std::move(rest));
    std::vector<size_t> left;
    for (const auto& m : members_) left.push_back(m.size());
    place_twins(twins, left);
    for (;;) {
      size_t rarest = members_.size();
      for (size_t g = 0; g < members_.size(); ++g) {
        if (left[g] > 0 && (rarest == members_.size() || left[g] < left[rarest])) rarest = g;
      }
      if (rarest == members_.size()) break;
      for (const size_t i : members_[rarest]) {
        if (done_[i]) continue;
        assign(i, neediest(rarest, 1), left);
      }
    }
    std::vector<std::vector<size_t>> out(room_.size() - 1);
    for (size_t i = 0; i < to_.size(); ++i) {
      if (to_[i] < out.size()) out[to_[i]].push_back(i);
    }
    return out;
  }

 private:
  // The largest groups first, while every share has room; single images fill up what is left.
  void place_twins(std::vector<std::vector<size_t>> twins, std::vector<size_t>& left) {
    std::stable_sort(twins.begin(), twins.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    for (const std::vector<size_t>& group : twins) {
      size_t rarest = members_.size();
      for (const size_t i : group) {
        for (const size_t g : groups_of_[i]) {
          if (rarest == members_.size() || left[g] < left[rarest]) rarest = g;
        }
      }
      const size_t best = neediest(rarest, static_cast<int64_t>(group.size()));
      for (const size_t i : group) {
        if (!done_[i]) assign(i, best, left);
      }
    }
  }

  // The share that wants images of `group` most among those with room for `images`; where none has, the one
  // with the most room.
  size_t neediest(size_t group, int64_t images) const {
    size_t best = room_.size(), roomiest = 0;
    for (size_t s = 0; s < room_.size(); ++s) {
      if (room_[s] > room_[roomiest]) roomiest = s;
      if (room_[s] < images) continue;
      if (best == room_.size() || wanted_[s][group] > wanted_[best][group] ||
          (wanted_[s][group] == wanted_[best][group] && room_[s] > room_[best])) {
        best = s;
      }
    }
    return best == room_.size() ? roomiest : best;
  }

  void assign(size_t image, size_t share, std::vector<size_t>& left) {
    done_[image] = true;
    to_[image] = share;
    --room_[share];
    for (const size_t g : groups_of_[image]) {
      wanted_[share][g] -= 1;
      --left[g];
    }
  }

  Random random_;
  std::vector<int64_t> room_;
  int64_t unused_ = 0;
  std::vector<std::vector<size_t>> members_, groups_of_;
  std::vector<std::vector<double>> wanted_;  // [split][group] images still wanted
  std::vector<size_t> to_;
  std::vector<bool> done_;
};

}  // namespace

Result<std::vector<SplitShare>> parse_split_shares(const std::string& text) {
  std::vector<SplitShare> out;
  double sum = 0;
  bool counts = false, ratios = false;
  for (const std::string& piece : split(text, ',')) {
    const size_t equals = piece.find('=');
    if (equals == std::string::npos) return bad_split("'" + piece + "' is not NAME=SHARE");
    SplitShare s;
    s.name = std::string(trim(std::string_view(piece).substr(0, equals)));
    std::string value(trim(std::string_view(piece).substr(equals + 1)));
    const bool percent = ends_with(value, "%");
    if (percent) value.pop_back();
    double v = 0;
    if (s.name.empty() || !parse_double(value, v) || !std::isfinite(v) || v <= 0)
      return bad_split("'" + piece + "' is not NAME=SHARE");
    // The name becomes part of a file's name.
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '_' || c == '.';
    };
    if (s.name[0] == '.' || !std::all_of(s.name.begin(), s.name.end(), plain))
      return bad_split("'" + s.name + "' cannot name a split (letters, digits, '-', '_' and '.')");
    for (const SplitShare& other : out) {
      if (other.name == s.name) return bad_split("the split '" + s.name + "' is named twice");
    }
    if (percent) v /= 100;
    // "1" alone is a ratio, as in all=1; whole numbers above it are counts.
    if (!percent && v > 1) {
      if (v != std::floor(v) || v > 1e12)
        return bad_split("'" + value + "' is neither a ratio nor a whole number");
      s.count = static_cast<int64_t>(v);
      counts = true;
    } else {
      s.share = v;
      sum += v;
      ratios = true;
    }
    out.push_back(std::move(s));
  }
  if (counts && ratios) return bad_split("ratios and counts cannot be mixed");
  if (sum > 1 + 1e-9) return bad_split("the ratios add up to more than 1");
  return out;
}

std::vector<std::vector<size_t>> find_twins(const Dataset& d) {
  std::unordered_map<int64_t, std::vector<size_t>> by_size;
  for (size_t i = 0; i < d.images.size(); ++i) {
    struct stat st = {};
    if (::stat(d.images[i].path.c_str(), &st) == 0 && S_ISREG(st.st_mode)) by_size[st.st_size].push_back(i);
  }
  std::map<std::string, std::vector<size_t>> by_content;
  for (const auto& [size, images] : by_size) {
    if (images.size() < 2) continue;
    for (const size_t i : images) {
      const auto hash = sha256_file(d.images[i].path);
      if (hash.ok()) by_content[hash.value()].push_back(i);
    }
  }
  std::vector<std::vector<size_t>> twins;
  for (auto& [hash, images] : by_content) {
    if (images.size() > 1) twins.push_back(std::move(images));
  }
  return twins;
}

Result<std::vector<std::vector<size_t>>> split_images(const Dataset& d, const std::vector<SplitShare>& shares,
                                                      uint64_t seed,
                                                      const std::vector<std::vector<size_t>>& twins) {
  const auto images = static_cast<int64_t>(d.images.size());
  const std::vector<int64_t> counts = split_counts(shares, images);
  if (std::accumulate(counts.begin(), counts.end(), int64_t{0}) > images) {
    return bad_split("the splits want more than the " + std::to_string(images) + " images that are there");
  }
  return Stratifier(d, counts, seed).run(twins);
}

Result<std::vector<std::string>> write_split_files(const Dataset& d, const std::vector<SplitShare>& shares,
                                                   const std::vector<std::vector<size_t>>& parts, bool force,
                                                   FileSystem& fs) {
  const std::string& root = d.root;
  std::vector<std::pair<std::string, std::string>> files;  // path, content
  for (size_t s = 0; s < shares.size(); ++s) {
    std::string text;
    if (d.format == "coco") {
      data_writer::WritePlan plan;
      plan.format = "coco";
      plan.classes = d.classes;
      plan.category_ids = d.category_ids;
      plan.splits = {shares[s].name};
      for (const size_t i : parts[s]) {
        const LabelledImage& image = d.images[i];
        plan.images.push_back({&image, shares[s].name, image.name, image.name, image.width, image.height});
      }
      SaveReport report;
      text = data_writer::coco_text(plan, shares[s].name, report);
      files.emplace_back(join_path(root, "annotations/instances_" + shares[s].name + ".json"), text);
      continue;
    }
    for (const size_t i : parts[s]) {
      const LabelledImage& image = d.images[i];
      if (d.format == "voc") {
        const std::string id = data_reader::without_extension(image.name);
        text += (image.label_file.empty() || file_stem(image.label_file) == file_name(id)
                     ? id
                     : file_stem(image.label_file)) +
                "\n";
      } else {
        text += "./" + data_reader::relative_to(image.path, root) + "\n";
      }
    }
    const bool flat =
        !file_exists(join_path(root, "ImageSets/Main")) && is_directory(join_path(root, "ImageSets"));
    const std::string folder =
        d.format == "yolo" ? root : join_path(root, flat ? "ImageSets" : "ImageSets/Main");
    files.emplace_back(join_path(folder, shares[s].name + ".txt"), text);
  }
  const std::string yaml = join_path(root, "data.yaml");
  if (d.format == "yolo") {
    std::string text = "path: .\n";
    for (const SplitShare& s : shares) text += s.name + ": " + s.name + ".txt\n";
    files.emplace_back(yaml, text + data_writer::yaml_names_text(d.classes));
  }
  for (const auto& [path, text] : files) {
    if (!force && file_exists(path)) {
      return Status::usage("file.exists", path + " is there already",
                           "--force replaces it, -o writes a new data set", path);
    }
  }
  std::vector<std::string> written;
  if (d.format == "yolo" && file_exists(yaml)) {
    JETLINE_ASSIGN_OR_RETURN(const std::string old, read_file(yaml));
    JETLINE_RETURN_IF_ERROR(write_file(yaml + ".bak", old, fs));
    written.push_back(yaml + ".bak");
  }
  for (const auto& [path, text] : files) {
    JETLINE_RETURN_IF_ERROR(fs.make_directories(parent_path(path)));
    JETLINE_RETURN_IF_ERROR(write_file(path, text, fs));
    written.push_back(path);
  }
  return written;
}

}  // namespace jetline

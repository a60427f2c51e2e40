// External data: weights in files beside the model.
#include <algorithm>
#include <climits>
#include <cstdlib>

#include "jetline/base/strings.h"
#include "jetline/graph/onnx_reader.h"

namespace jetline::onnx {
namespace {
std::string external_real_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  std::string out = real ? real : "";
  std::free(real);
  return out;
}

// A relative path that stays below its folder, by its text alone.
bool external_location_is_inside(const std::string& location) {
  if (location.empty() || location[0] == '/' || location.find('\0') != std::string::npos) return false;
  if (location.find('\\') != std::string::npos || (location.size() > 1 && location[1] == ':')) return false;
  for (const std::string& piece : split(location, '/')) {
    if (piece == "..") return false;
  }
  return true;
}
}  // namespace

Status ExternalData::open(const std::string& location, int64_t offset, int64_t length, int64_t need,
                          const std::string& tensor, ByteView& bytes, std::shared_ptr<const void>& owner) {
  if (!external_location_is_inside(location)) {
    return Status::bad_input(
        "onnx.external-outside",
        "tensor '" + tensor + "' asks for data outside the model's folder: '" + location + "'",
        "external data must be named relative to the model, without '..'; do not trust this file");
  }
  if (base_dir_.empty()) {
    return Status::bad_input(
        "onnx.external-missing",
        "tensor '" + tensor + "' has its data in '" + location + "', which cannot be looked for here",
        "load the model from its file");
  }
  auto it = files_.find(location);
  if (it == files_.end()) {
    const std::string path = join_path(base_dir_, location);
    const std::string real = external_real_path(path), folder = external_real_path(base_dir_);
    if (real.empty()) {
      return Status::bad_input("onnx.external-missing",
                               "the data file '" + location + "' of the model is not there",
                               "copy it to the folder of the model", path);
    }
    // A link may lead out of the folder too.
    if (!starts_with(real, folder == "/" ? folder : folder + "/")) {
      return Status::bad_input("onnx.external-outside",
                               "the data file '" + location + "' is a link out of the folder",
                               "put the file itself beside the model", path);
    }
    JETLINE_ASSIGN_OR_RETURN(auto map, MappedFile::open(path));
    it = files_.emplace(location, File{std::move(map), real, {}}).first;
  }
  File& file = it->second;
  const ByteView all = file.map->bytes();
  if (length >= 0 && length != need) {
    return Status::bad_input("onnx.external-range", "tensor '" + tensor + "' needs " + std::to_string(need) +
                                                        " bytes of '" + location + "', its entry says " +
                                                        std::to_string(length));
  }
  if (offset > static_cast<int64_t>(all.size()) || need > static_cast<int64_t>(all.size()) - offset) {
    return Status::bad_input("onnx.external-range",
                             "'" + location + "' has " + std::to_string(all.size()) + " bytes; tensor '" +
                                 tensor + "' needs " + std::to_string(need) + " from " +
                                 std::to_string(offset),
                             "the data file is cut short or belongs to another model");
  }
  bytes = all.subspan(static_cast<size_t>(offset), static_cast<size_t>(need));
  owner = file.map;
  if (need > 0) file.ranges.push_back({offset, offset + need, tensor});
  return Status();
}

std::vector<ExternalFile> ExternalData::opened() const {
  std::vector<ExternalFile> out;
  for (const auto& [location, file] : files_) {
    out.push_back({location, file.path, file.map->bytes(), file.map});
  }
  return out;
}

Status ExternalData::check_overlap() const {
  for (const auto& [location, file] : files_) {
    std::vector<const Range*> sorted;
    for (const Range& r : file.ranges) sorted.push_back(&r);
    std::sort(sorted.begin(), sorted.end(), [](const Range* a, const Range* b) {
      return a->begin != b->begin ? a->begin < b->begin : a->end > b->end;
    });
    for (size_t i = 1; i < sorted.size(); ++i) {
      const Range &a = *sorted[i - 1], &b = *sorted[i];
      // Two tensors may share all of their bytes (tied weights); anything else is damage.
      if (b.begin < a.end && !(b.begin == a.begin && b.end == a.end)) {
        return Status::bad_input("onnx.external-overlap", "tensors '" + a.tensor + "' and '" + b.tensor +
                                                              "' overlap in '" + location + "'");
      }
    }
  }
  return Status();
}

}  // namespace jetline::onnx

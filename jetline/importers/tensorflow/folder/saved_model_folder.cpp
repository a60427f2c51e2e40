#include "jetline/importers/tensorflow/saved_model_folder.h"

#include <limits.h>

#include <algorithm>
#include <cstdlib>

#include "jetline/base/strings.h"
#include "jetline/importers/tensorflow/folder/not_saved_model.h"

namespace jetline::tf {
namespace {

// The path without links and dots; empty when there is no such thing.
std::string folder_real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string out = resolved ? resolved : "";
  std::free(resolved);
  return out;
}

bool folder_same_tags(const MetaGraph& meta, const std::vector<std::string>& wanted, bool all) {
  for (const std::string& tag : wanted) {
    if (std::find(meta.tags.begin(), meta.tags.end(), tag) == meta.tags.end()) return false;
  }
  return !all || meta.tags.size() == wanted.size();
}

}  // namespace

Result<SavedModelFolder> SavedModelFolder::open(const std::string& path) {
  SavedModelFolder out;
  out.path = path;
  while (out.path.size() > 1 && out.path.back() == '/') out.path.pop_back();
  if (!is_directory(out.path) && file_name(out.path) == "saved_model.pb") {
    out.path = parent_path(out.path);
    if (out.path.empty()) out.path = ".";
  }
  const std::string file = join_path(out.path, "saved_model.pb");
  if (!is_directory(out.path) || !file_exists(file)) return not_a_saved_model(path);
  JETLINE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> mapped, MappedFile::open(file));
  Result<SavedModel> model = parse_saved_model(mapped->bytes(), mapped);
  if (!model.ok()) return model.status().at(file);
  out.model = std::move(model).value();
  return out;
}

const MetaGraph* SavedModelFolder::find(std::string_view tag) const {
  if (model.metas.empty()) return nullptr;
  const std::vector<std::string> wanted = tag.empty() ? std::vector<std::string>{"serve"} : split(tag, ',');
  for (const bool all : {true, false}) {
    for (const MetaGraph& meta : model.metas) {
      if (folder_same_tags(meta, wanted, all)) return &meta;
    }
  }
  return tag.empty() ? &model.metas.front() : nullptr;
}

std::vector<std::string> SavedModelFolder::tags() const {
  std::vector<std::string> out;
  for (const MetaGraph& meta : model.metas) {
    std::vector<std::string> tags(meta.tags.begin(), meta.tags.end());
    out.push_back(join(tags, ","));
  }
  return out;
}

Result<std::optional<Bundle>> SavedModelFolder::bundle() const {
  const std::string folder = join_path(path, "variables");
  const std::string prefix = join_path(folder, "variables");
  if (!file_exists(prefix + ".index")) {
    // Models without variables have an empty folder or none; data without an index is a broken copy.
    for (const std::string& name : list_directory(folder).value_or({})) {
      if (!starts_with(name, "variables.data-")) continue;
      return Status::bad_input("tf.bundle-missing", "variables.index is missing beside " + name,
                               "copy the whole folder again, or export the model again", folder);
    }
    return std::optional<Bundle>();
  }
  JETLINE_ASSIGN_OR_RETURN(Bundle bundle, Bundle::open(prefix));
  return std::optional<Bundle>(std::move(bundle));
}

Result<std::string> SavedModelFolder::asset(std::string_view filename) const {
  const std::string folder = join_path(path, "assets");
  const std::string file = join_path(folder, std::string(filename));
  bool outside = filename.empty() || filename[0] == '/' || filename.find('\0') != std::string_view::npos ||
                 filename.find('\\') != std::string_view::npos;
  for (const std::string& part : split(filename, '/')) outside = outside || part == "..";
  if (!outside && file_exists(file)) {
    const std::string real_folder = folder_real_path(folder), real_file = folder_real_path(file);
    outside = real_folder.empty() || !starts_with(real_file, real_folder + "/");
  }
  if (outside) {
    return Status::bad_input(
        "tf.asset-outside",
        "the asset '" + std::string(filename) + "' does not lie in the model's assets folder",
        "a model from a source you do not trust may try to read other files", path);
  }
  if (!file_exists(file) || is_directory(file)) {
    return Status::bad_input("tf.asset-missing", "the asset " + file + " is missing",
                             "copy the whole folder again, or export the model again", path);
  }
  return file;
}

DebugInfo SavedModelFolder::debug_info() const {
  const std::string file = join_path(path, "debug/saved_model_debug_info.pb");
  if (!file_exists(file)) return DebugInfo();
  const auto mapped = MappedFile::open(file);
  if (!mapped.ok()) return DebugInfo();
  return DebugInfo::parse((*mapped)->bytes(), *mapped).value_or(DebugInfo());
}

}  // namespace jetline::tf

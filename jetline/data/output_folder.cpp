#include "jetline/data/output_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "jetline/base/log.h"
#include "jetline/base/strings.h"

namespace jetline::data_writer {
namespace {

bool folder_is_empty(const std::string& dir) {
  auto entries = list_directory(dir);
  return entries.ok() && entries.value().empty();
}

void remove_tree(const std::string& dir) {
  std::error_code ec;
  std::filesystem::remove_all(dir, ec);
}

// Folders left empty below `dir`, and `dir` itself; anything else stays.
void prune_empty(const std::string& dir) {
  auto entries = list_directory(dir);
  if (!entries.ok()) return;
  for (const std::string& name : entries.value()) {
    const std::string path = join_path(dir, name);
    struct stat st = {};
    if (lstat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) prune_empty(path);
  }
  ::rmdir(dir.c_str());
}

// A manifest is a file like any other: names that lead out of the folder are not touched.
bool safe_relative(const std::string& name) {
  if (name.empty() || name[0] == '/') return false;
  for (const std::string& piece : split(name, '/')) {
    if (piece.empty() || piece == "." || piece == "..") return false;
  }
  return true;
}

}  // namespace

Result<Manifest> read_manifest(const std::string& dir) {
  Manifest m;
  const std::string file = join_path(dir, kManifestName);
  if (!file_exists(file)) return m;
  JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(file, int64_t{1} << 28));
  const nlohmann::json j = nlohmann::json::parse(text, nullptr, false);
  const auto texts = [&](const char* key, std::vector<std::string>& out) {
    if (!j.is_object() || !j.contains(key) || !j[key].is_array()) return false;
    for (const auto& v : j[key]) {
      if (!v.is_string()) return false;
      out.push_back(v.get<std::string>());
    }
    return true;
  };
  const bool ok = j.is_object() && j.contains("format") && j["format"].is_string() &&
                  texts("classes", m.classes) && texts("splits", m.splits) && texts("files", m.files);
  if (!ok) {
    return Status::bad_input("data.syntax", file + " is not a manifest of jetline",
                             "write into another folder", file);
  }
  m.format = j["format"].get<std::string>();
  return m;
}

OutputFolder::OutputFolder(std::string dir, bool in_place, bool force, FileSystem& fs)
    : dir_(dir.size() > 1 && dir.back() == '/' ? dir.substr(0, dir.size() - 1) : std::move(dir)),
      in_place_(in_place),
      force_(force),
      fs_(fs) {}

OutputFolder::~OutputFolder() {
  if (done_) return;
  if (!staging_.empty()) remove_tree(staging_);
  if (in_place_) {
    for (const std::string& f : fresh_) (void)fs_.remove(join_path(dir_, f));
  }
}

std::string OutputFolder::path(const std::string& relative) const {
  return join_path(in_place_ ? dir_ : staging_, relative);
}

Status OutputFolder::open(const std::string& format) {
  if (dir_.empty()) return Status::usage("file.not-found", "no output folder was named", "-o names it");
  const bool there = file_exists(dir_);
  if (there && !is_directory(dir_)) {
    return Status::usage("file.exists", dir_ + " is a file", "name a folder", dir_);
  }
  if (there) {
    JETLINE_ASSIGN_OR_RETURN(before_, read_manifest(dir_));
  }
  if (in_place_) {
    if (!there)
      return Status::bad_input("data.not-inside", dir_ + " is not there", "the images must lie in it", dir_);
    if (!before_.format.empty() && before_.format != format) {
      return Status::usage("file.exists", dir_ + " holds a set in format " + before_.format,
                           "name another folder", dir_);
    }
    return Status();
  }
  if (there && !folder_is_empty(dir_)) {
    if (before_.format.empty()) {
      return Status::usage("data.not-ours", dir_ + " holds files that jetline did not write",
                           "name another folder", dir_);
    }
    if (!force_) return Status::usage("file.exists", dir_ + " is there already", "--force replaces it", dir_);
  }
  static std::atomic<unsigned> counter{0};
  const std::string parent = parent_path(dir_);
  if (!parent.empty()) JETLINE_RETURN_IF_ERROR(fs_.make_directories(parent));
  staging_ = join_path(parent, "." + file_name(dir_) + "." + std::to_string(getpid()) + "-" +
                                   std::to_string(counter.fetch_add(1)) + ".partial");
  return fs_.make_directories(staging_);
}

Status OutputFolder::make_parent(const std::string& relative) {
  const std::string parent = parent_path(relative);
  if (parent.empty() || std::find(made_.rbegin(), made_.rend(), parent) != made_.rend()) return Status();
  JETLINE_RETURN_IF_ERROR(fs_.make_directories(path(parent)));
  made_.push_back(parent);
  return Status();
}

Status OutputFolder::write(const std::string& relative, const std::string& content) {
  JETLINE_RETURN_IF_ERROR(make_parent(relative));
  const std::string target = path(relative);
  if (in_place_ && file_exists(target)) {
    const bool ours = std::find(before_.files.begin(), before_.files.end(), relative) != before_.files.end();
    if (!force_ && !ours)
      return Status::usage("file.exists", target + " is there already", "--force overwrites it", target);
  } else {
    fresh_.push_back(relative);
  }
  written_.push_back(relative);
  return write_file(target, content, fs_);
}

Status OutputFolder::copy(const std::string& relative, const std::string& source) {
  JETLINE_RETURN_IF_ERROR(make_parent(relative));
  auto mapped = MappedFile::open(source);
  if (!mapped.ok()) return mapped.status();
  // The staging folder as a whole is atomic, so its files need no temporary names of their own.
  JETLINE_ASSIGN_OR_RETURN(auto file, fs_.create(path(relative)));
  written_.push_back(relative);
  JETLINE_RETURN_IF_ERROR(file->append(mapped.value()->bytes()));
  return file->close();
}

Status OutputFolder::link(const std::string& relative, const std::string& source) {
  JETLINE_RETURN_IF_ERROR(make_parent(relative));
  std::error_code ec;
  const std::filesystem::path target = std::filesystem::absolute(source, ec);
  if (ec || ::symlink(target.c_str(), path(relative).c_str()) != 0) {
    return file_error("link to", path(relative));
  }
  written_.push_back(relative);
  return Status();
}

Status OutputFolder::commit(const Manifest& facts) {
  nlohmann::ordered_json j;
  std::vector<std::string> files = written_;
  files.insert(files.end(), before_.files.begin(), before_.files.end());
  if (!in_place_) files = written_;
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  j["about"] = "written by jetline; names the files that --force may replace";
  j["format"] = facts.format;
  j["classes"] = facts.classes;
  j["splits"] = facts.splits;
  j["files"] = files;
  const std::string text = j.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  JETLINE_RETURN_IF_ERROR(write_file(path(kManifestName), text, fs_));
  if (!in_place_) JETLINE_RETURN_IF_ERROR(replace_old());
  done_ = true;
  return Status();
}

Status OutputFolder::replace_old() {
  if (!file_exists(dir_)) return fs_.rename(staging_, dir_);
  if (folder_is_empty(dir_)) {
    ::rmdir(dir_.c_str());
    return fs_.rename(staging_, dir_);
  }
  // The old set steps aside, the new one takes its place, then the files of the old manifest go. Files that
  // somebody else put there stay, under the name given in the warning.
  const std::string aside = staging_ + ".old";
  JETLINE_RETURN_IF_ERROR(fs_.rename(dir_, aside));
  const Status renamed = fs_.rename(staging_, dir_);
  if (!renamed.ok()) {
    (void)fs_.rename(aside, dir_);
    return renamed;
  }
  for (const std::string& f : before_.files) {
    if (safe_relative(f)) (void)fs_.remove(join_path(aside, f));
  }
  (void)fs_.remove(join_path(aside, kManifestName));
  prune_empty(aside);
  if (file_exists(aside)) {
    const std::string kept = dir_ + ".old";
    const std::string name = file_exists(kept) || !fs_.rename(aside, kept).ok() ? aside : kept;
    log(LogLevel::kWarning, "data", "files that jetline did not write were kept in " + name);
  }
  return Status();
}

std::string short_text_double(double v) {
  char text[64];
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, v);
    std::replace(text, text + sizeof text, ',', '.');  // a host program may have set a locale
    double back = 0;
    if (parse_double(text, back) && back == v) break;
  }
  return text;
}

std::string short_text(float v, double offset) {
  char text[64];
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(v) - offset);
    std::replace(text, text + sizeof text, ',', '.');
    double back = 0;
    if (parse_double(text, back) && static_cast<float>(back + offset) == v) break;
  }
  return text;
}

}  // namespace jetline::data_writer

#include "jetline/pipeline/placeholder.h"

#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline {
namespace {

// Calls `literal` and `name` for the pieces of a text; nested braces only inside pick.
Status scan_placeholders(std::string_view text, const std::function<void(char)>& literal,
                         const std::function<Status(std::string_view)>& name) {
  const auto broken = [&](const char* why) {
    return Status::bad_input("pipeline.placeholder", "'" + std::string(text) + "': " + why,
                             "{out} is the stage's folder, {NAME} that of stage NAME; write {{ for a brace");
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      literal(text[i]);
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '{') {
      literal('{');
      ++i;
      continue;
    }
    size_t end = i + 1;
    for (int depth = 1; end < text.size(); ++end) {
      depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
      if (depth > 2) return broken("braces inside braces inside braces");
      if (depth == 0) break;
    }
    if (end >= text.size()) return broken("a brace is not closed");
    if (end == i + 1) return broken("nothing between the braces");
    JETLINE_RETURN_IF_ERROR(name(text.substr(i + 1, end - i - 1)));
    i = end;
  }
  return Status();
}

bool is_pick(std::string_view inner) {
  return starts_with(inner, "pick ");
}

// "6 {synth}/images" -> 6 and the path.
Status parse_pick(std::string_view inner, int64_t& count, std::string_view& path) {
  inner = trim(inner.substr(5));
  const size_t space = inner.find(' ');
  if (space == std::string_view::npos || !parse_int(inner.substr(0, space), count) || count < 1 ||
      count > 10000) {
    return Status::bad_input("pipeline.placeholder",
                             "{pick " + std::string(inner) + "} is not a number and a folder",
                             "write it as {pick 6 {synth}/images}");
  }
  path = trim(inner.substr(space));
  return Status();
}

bool looks_like_image(const std::string& name) {
  const std::string e = file_extension_lower(name);
  for (const char* known : {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}) {
    if (e == known) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> placeholder_stages(std::string_view text) {
  std::vector<std::string> names;
  JETLINE_RETURN_IF_ERROR(scan_placeholders(
      text, [](char) {},
      [&](std::string_view inner) -> Status {
        if (!is_pick(inner)) {
          if (inner != "out") names.emplace_back(inner);
          return Status();
        }
        int64_t count = 0;
        std::string_view path;
        JETLINE_RETURN_IF_ERROR(parse_pick(inner, count, path));
        JETLINE_ASSIGN_OR_RETURN(const auto nested, placeholder_stages(path));
        names.insert(names.end(), nested.begin(), nested.end());
        return Status();
      }));
  return names;
}

Result<std::vector<std::string>> expand_placeholders(std::string_view text, const StageFolder& folder,
                                                     const std::string& folder_base) {
  std::string out;
  std::vector<std::string> picked;
  bool pick_used = false;
  JETLINE_RETURN_IF_ERROR(scan_placeholders(
      text, [&](char c) { out += c; },
      [&](std::string_view inner) -> Status {
        if (!is_pick(inner)) {
          JETLINE_ASSIGN_OR_RETURN(const std::string path, folder(std::string(inner)));
          out += path;
          return Status();
        }
        int64_t count = 0;
        std::string_view path;
        JETLINE_RETURN_IF_ERROR(parse_pick(inner, count, path));
        JETLINE_ASSIGN_OR_RETURN(const auto where, expand_placeholders(path, folder, folder_base));
        const std::string real = where[0].front() == '/' ? where[0] : join_path(folder_base, where[0]);
        JETLINE_ASSIGN_OR_RETURN(const auto entries, list_directory(real));
        std::vector<std::string> names;
        for (const std::string& e : entries) {
          if (looks_like_image(e)) names.push_back(join_path(where[0], e));
        }
        if (names.empty()) {
          return Status::bad_input("pipeline.nothing-to-pick", real + " holds no images",
                                   "{pick N FOLDER} looks at the files of that folder itself", real);
        }
        picked = pick_evenly(names, static_cast<size_t>(count));
        pick_used = true;
        return Status();
      }));
  if (!pick_used) return std::vector<std::string>{out};
  if (!out.empty()) {
    return Status::bad_input("pipeline.placeholder", "'" + std::string(text) + "': {pick} must stand alone",
                             "give it an argument of its own");
  }
  return picked;
}

std::vector<std::string> pick_evenly(const std::vector<std::string>& names, size_t count) {
  if (count >= names.size()) return names;
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) {
    out.push_back(names[count == 1 ? 0 : i * (names.size() - 1) / (count - 1)]);
  }
  return out;
}

}  // namespace jetline

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

#include "apps/jetline/verb.h"
#include "jetline/base/clock.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline::cli {
namespace {

// Draws at most ten times a second on a terminal, every ten seconds into a file, and nothing in the first second.
class BarProgress : public Progress {
 public:
  explicit BarProgress(const bool& quiet) : quiet_(quiet), terminal_(isatty(2) != 0) {}
  ~BarProgress() override {
    if (drawn_ && terminal_) std::fputc('\n', stderr);
  }
  void report(std::string_view stage, int64_t done, int64_t total, std::string_view note) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (quiet_) return;
    const Nanos now = real_clock().now();
    if (stage != stage_) {
      if (drawn_ && terminal_) std::fputc('\n', stderr);
      stage_ = std::string(stage);
      started_ = now;
      first_ = done;  // a resumed run's rate counts only what this run did
      last_ = now;
      drawn_ = false;
      return;
    }
    const double elapsed = static_cast<double>(now - started_) / kSecond;
    if (elapsed < 1) return;
    if (now - last_ < (terminal_ ? kSecond / 10 : 10 * kSecond) && !(done == total && drawn_)) return;
    last_ = now;
    drawn_ = true;
    const double rate = static_cast<double>(done - first_) / elapsed;
    char text[160];
    if (total > 0) {
      const double eta = rate > 0 ? static_cast<double>(total - done) / rate : 0;
      std::snprintf(text, sizeof text, "%s %lld/%lld  %.3g/s  ETA %d:%02d  ", stage_.c_str(),
                    static_cast<long long>(done), static_cast<long long>(total), rate, static_cast<int>(eta) / 60,
                    static_cast<int>(eta) % 60);
    } else {
      std::snprintf(text, sizeof text, "%s %lld  %.3g/s  ", stage_.c_str(), static_cast<long long>(done), rate);
    }
    std::fprintf(stderr, terminal_ ? "\r%s%.*s\033[K" : "%s%.*s\n", text, static_cast<int>(note.size()), note.data());
    std::fflush(stderr);
  }

 private:
  const bool& quiet_;
  const bool terminal_;
  std::mutex mutex_;
  std::string stage_;
  Nanos started_ = 0, last_ = 0;
  int64_t first_ = 0;
  bool drawn_ = false;
};

// Columns that a UTF-8 text takes on a terminal, close enough for our own words (no wide characters).
size_t columns(const std::string& s) {
  size_t n = 0;
  for (char c : s) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return n;
}

}  // namespace

void Io::print(std::string_view text) {
  if (!json) std::fwrite(text.data(), 1, text.size(), stdout);
}
void Io::note(std::string_view line) {
  if (!quiet) std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}
void Io::emit_json(const nlohmann::ordered_json& object) {
  const std::string s = object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::fwrite(s.data(), 1, s.size(), stdout);
  std::fputc('\n', stdout);
}
void Io::emit_json_text(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}
Progress& Io::progress() {
  static BarProgress bar(quiet);
  return bar;
}
CancelToken& Io::cancel() {
  static CancelToken token;
  return token;
}
Status Io::may_write(const std::string& path) const {
  if (force || !file_exists(path)) return Status();
  return Status::usage("file.exists", path + " is there already", "--force overwrites it", path);
}
std::string Io::bold(std::string_view t) const { return color ? "\033[1m" + std::string(t) + "\033[0m" : std::string(t); }
std::string Io::red(std::string_view t) const { return color ? "\033[31m" + std::string(t) + "\033[0m" : std::string(t); }
std::string Io::green(std::string_view t) const { return color ? "\033[32m" + std::string(t) + "\033[0m" : std::string(t); }

std::string Table::str() const {
  std::vector<size_t> width(header_.size());
  std::vector<bool> right(header_.size());
  std::vector<std::string> head = header_;
  for (size_t c = 0; c < head.size(); ++c) {
    right[c] = ends_with(head[c], ">");
    if (right[c]) head[c].pop_back();
    width[c] = columns(head[c]);
    for (const auto& r : rows_) {
      if (c < r.size()) width[c] = std::max(width[c], columns(r[c]));
    }
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string l;
    for (size_t c = 0; c < cells.size() && c < width.size(); ++c) {
      const std::string pad(width[c] - columns(cells[c]), ' ');
      l += right[c] ? pad + cells[c] : cells[c] + pad;
      l += "  ";
    }
    while (!l.empty() && l.back() == ' ') l.pop_back();
    out += l + "\n";
  };
  line(head);
  for (const auto& r : rows_) line(r);
  return out;
}

}  // namespace jetline::cli

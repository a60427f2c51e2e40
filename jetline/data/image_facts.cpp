#include "jetline/data/image_facts.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "jetline/base/files.h"
#include "jetline/base/hash.h"
#include "jetline/vision/image_io.h"

namespace jetline::data_reader {
namespace {

void learn_one(const std::string& path, bool decode, bool pixels, Image& image, ImageFacts& f) {
  f.there = file_exists(path);
  if (!f.there) {
    f.status = Status::bad_input("file.not-found", path + " is not there", "", path);
    return;
  }
  auto hash = sha256_file(path);
  if (hash.ok()) f.file_hash = hash.value();
  if (!decode) {
    auto size = probe_image(path);
    f.status = size.status();
    if (size.ok()) f.width = size->width, f.height = size->height;
    return;
  }
  f.status = load_image_into(path, image);
  if (!f.status.ok()) return;
  f.width = image.width();
  f.height = image.height();
  if (!pixels) return;
  Sha256 h;
  h.update(std::to_string(f.width) + "x" + std::to_string(f.height));
  h.update(ByteView(image.data(), static_cast<size_t>(image.stride()) * static_cast<size_t>(image.height())));
  f.pixel_hash = h.hex();
}

}  // namespace

Result<std::vector<ImageFacts>> learn_images(const std::vector<std::string>& paths, bool decode, bool pixels,
                                             int threads, Progress& progress, CancelToken& cancel) {
  std::vector<ImageFacts> facts(paths.size());
  if (threads <= 0)
    threads = static_cast<int>(std::min(8u, std::max(1u, std::thread::hardware_concurrency())));
  std::atomic<size_t> next{0};
  const auto work = [&](bool report) {
    Image image;
    for (size_t i = next++; i < paths.size(); i = next++) {
      if (cancel.cancelled()) return;
      if (report) progress.report("images", static_cast<int64_t>(i), static_cast<int64_t>(paths.size()), "");
      learn_one(paths[i], decode, pixels, image, facts[i]);
    }
  };
  std::vector<std::thread> pool;
  for (int t = 1; t < threads && static_cast<size_t>(t) < paths.size(); ++t) pool.emplace_back(work, false);
  work(true);
  for (std::thread& t : pool) t.join();
  if (cancel.cancelled()) return Status::cancelled();
  return facts;
}

}  // namespace jetline::data_reader

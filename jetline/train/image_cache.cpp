#include "jetline/train/image_cache.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

constexpr int64_t kCacheLimit = int64_t{8} << 30;

Status load_one(const LabelledImage& labelled, const InputSpec& spec, CachedImage& out) {
  JETLINE_ASSIGN_OR_RETURN(Image image, load_image(labelled.path));
  out.width = image.width();
  out.height = image.height();
  out.geometry = fit_geometry(spec, image.width(), image.height());
  out.content.resize(out.geometry.content_w, out.geometry.content_h, PixelFormat::kRGB);
  InputSpec content;  // the picture's own size and levels
  content.width = out.content.width();
  content.height = out.content.height();
  content.fit = Fit::kStretch;
  content.layout = Layout::kNHWC;
  content.dtype = DType::kU8;
  JETLINE_ASSIGN_OR_RETURN(Preprocessor resize, Preprocessor::create(content));
  resize.run(image, out.content.data());
  const FitGeometry& g = out.geometry;
  for (const LabelledBox& b : labelled.boxes) {
    if (b.crowd) continue;
    Box box = {static_cast<float>(b.box.x1 * g.scale_x), static_cast<float>(b.box.y1 * g.scale_y),
               static_cast<float>(b.box.x2 * g.scale_x), static_cast<float>(b.box.y2 * g.scale_y)};
    box.x1 = std::max(box.x1, 0.f);
    box.y1 = std::max(box.y1, 0.f);
    box.x2 = std::min(box.x2, static_cast<float>(g.content_w));
    box.y2 = std::min(box.y2, static_cast<float>(g.content_h));
    if (box.width() >= 1 && box.height() >= 1) out.boxes.push_back({box, b.class_id});
  }
  return Status();
}

}  // namespace

Result<ImageCache> ImageCache::load(const Dataset& dataset, const InputSpec& spec, int threads,
                                    const char* stage, Progress& progress, const CancelToken& cancel) {
  const int64_t worst = int64_t{3} * spec.width * spec.height * static_cast<int64_t>(dataset.images.size());
  if (worst > kCacheLimit) {
    return Status::bad_input("train.memory",
                             std::to_string(dataset.images.size()) + " pictures at " +
                                 std::to_string(spec.width) + "x" + std::to_string(spec.height) +
                                 " do not fit in 8 GiB",
                             "use a smaller --size or fewer pictures", dataset.root);
  }
  ImageCache cache;
  cache.images_.resize(dataset.images.size());
  std::atomic<size_t> next{0}, done{0};
  std::mutex mutex;
  Status first_error;
  size_t first_index = dataset.images.size();
  const auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < dataset.images.size() && !cancel.cancelled();) {
      const Status s = load_one(dataset.images[i], spec, cache.images_[i]);
      std::lock_guard<std::mutex> lock(mutex);
      if (!s.ok() && i < first_index) {  // always the same message, whichever thread was faster
        first_index = i;
        first_error = s;
      }
      ++done;
      progress.report(stage, static_cast<int64_t>(done), static_cast<int64_t>(dataset.images.size()), "");
    }
  };
  std::vector<std::thread> workers;
  for (int t = 1; t < threads; ++t) workers.emplace_back(work);
  work();
  for (std::thread& w : workers) w.join();
  if (cancel.cancelled()) return Status::cancelled();
  JETLINE_RETURN_IF_ERROR(first_error);
  return cache;
}

int64_t ImageCache::bytes() const {
  int64_t n = 0;
  for (const CachedImage& i : images_) n += i.content.stride() * i.content.height();
  return n;
}

void place_unchanged(const CachedImage& image, const InputSpec& spec, float* out) {
  float table[3][256], pad[3];
  for (size_t c = 0; c < 3; ++c) {
    for (int v = 0; v < 256; ++v) table[c][v] = (static_cast<float>(v) - spec.mean[c]) * spec.scale[c];
    pad[c] = (spec.pad - spec.mean[c]) * spec.scale[c];
  }
  const int left = static_cast<int>(image.geometry.offset_x), top = static_cast<int>(image.geometry.offset_y);
  for (int y = 0; y < spec.height; ++y) {
    float* row = out + int64_t{3} * spec.width * y;
    for (int x = 0; x < spec.width; ++x) {
      for (int c = 0; c < 3; ++c) row[3 * x + c] = pad[c];
    }
    if (y < top || y >= top + image.content.height()) continue;
    const uint8_t* from = image.content.row(y - top);
    float* to = row + 3 * left;
    for (int x = 0; x < image.content.width(); ++x) {
      for (int c = 0; c < 3; ++c) to[3 * x + c] = table[c][from[3 * x + c]];
    }
  }
}

}  // namespace jetline

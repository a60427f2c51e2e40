// Counts every heap allocation that Detector::detect makes on its thread in the steady state, the engine's
// own inference call aside, and wants none. An executable of its own, because it replaces malloc and operator
// new.
#include <atomic>
#include <cstdlib>
#include <new>

#include "jetline/base/module.h"
#include "jetline/vision/detector.h"
#include "jetline/vision/detector_testing.h"
#include "jetline/vision/image_io.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define JETLINE_COUNTS_ALLOCATIONS 1
#endif

namespace {
thread_local bool g_counting = false;
thread_local long g_allocations = 0;
inline void count_allocation() {
  if (g_counting) ++g_allocations;
}
}  // namespace

#ifdef JETLINE_COUNTS_ALLOCATIONS
// operator new calls malloc, so replacing the C functions sees both. The __libc names are glibc's own.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void* malloc(size_t n) {
  count_allocation();
  return __libc_malloc(n);
}
void* calloc(size_t n, size_t size) {
  count_allocation();
  return __libc_calloc(n, size);
}
void* realloc(void* p, size_t n) {
  count_allocation();
  return __libc_realloc(p, n);
}
void* memalign(size_t alignment, size_t n) {
  count_allocation();
  return __libc_memalign(alignment, n);
}
void* aligned_alloc(size_t alignment, size_t n) {
  count_allocation();
  return __libc_memalign(alignment, n);
}
int posix_memalign(void** out, size_t alignment, size_t n) {
  count_allocation();
  *out = __libc_memalign(alignment, n);
  return *out ? 0 : 12;  // ENOMEM
}
}
#endif

namespace jetline {
namespace {

// Forwards to another engine's session; what happens inside run() is the vendor's and is not counted.
class UncountedRun : public Session {
 public:
  explicit UncountedRun(std::unique_ptr<Session> inner) : inner_(std::move(inner)) {}
  Status set_shape(size_t i, Span<const int64_t> dims) override { return inner_->set_shape(i, dims); }
  Result<TensorView> input(size_t i) override { return inner_->input(i); }
  Status run() override {
    const bool counting = g_counting;
    g_counting = false;
    Status s = inner_->run();
    g_counting = counting;
    return s;
  }
  Status start() override { return inner_->start(); }
  Status wait() override { return inner_->wait(); }
  Result<TensorView> output(size_t i) override { return inner_->output(i); }

 private:
  std::unique_ptr<Session> inner_;
};

class UncountedEngine : public Engine {
 public:
  explicit UncountedEngine(std::unique_ptr<Engine> inner) : inner_(std::move(inner)) {}
  const std::vector<TensorInfo>& inputs() const override { return inner_->inputs(); }
  const std::vector<TensorInfo>& outputs() const override { return inner_->outputs(); }
  Result<std::unique_ptr<Session>> create_session() override {
    JETLINE_ASSIGN_OR_RETURN(auto session, inner_->create_session());
    return std::unique_ptr<Session>(std::make_unique<UncountedRun>(std::move(session)));
  }
  std::map<std::string, std::string> conditions() const override { return inner_->conditions(); }
  int optimal_requests() const override { return inner_->optimal_requests(); }

 private:
  std::unique_ptr<Engine> inner_;
};

void use_uncounted_engine(const std::string& inner) {
  EngineEntry entry;
  entry.name = "uncounted";
  entry.available = [] { return true; };
  entry.load = [inner](const ModelSource& source,
                       const EngineOptions& options) -> Result<std::unique_ptr<Engine>> {
    EngineOptions o = options;
    o.engine = inner;
    JETLINE_ASSIGN_OR_RETURN(auto engine, Engine::load(source.path, o));
    return std::unique_ptr<Engine>(std::make_unique<UncountedEngine>(std::move(engine)));
  };
  register_engine(entry);
}

// Allocations of `frames` detections after each image has been seen once.
long steady_allocations(Detector& detector, const std::vector<Image>& images, int frames, size_t& found) {
  std::vector<Detection> out;
  for (int warm = 0; warm < 2; ++warm) {
    for (const Image& image : images) EXPECT_TRUE(detector.detect(image, out).ok());
  }
  StageTimes times;
  g_allocations = 0;
  for (int i = 0; i < frames; ++i) {
    g_counting = true;
    const Status s = detector.detect(images[static_cast<size_t>(i) % images.size()], out, &times);
    g_counting = false;
    EXPECT_TRUE(s.ok()) << s.to_string();
    found += out.size();
  }
  return g_allocations;
}

TEST(DetectorAllocations, TheCounterCounts) {
#ifndef JETLINE_COUNTS_ALLOCATIONS
  GTEST_SKIP() << "notice: a sanitizer owns malloc here";
#endif
  g_allocations = 0;
  g_counting = true;
  std::vector<int>* v = new std::vector<int>(100);
  void* raw = std::malloc(10);
  g_counting = false;
  EXPECT_EQ(g_allocations, 3);
  std::free(raw);
  delete v;
}

TEST(DetectorAllocations, NoneWithMoreDetectionsThanBefore) {
  auto model = testing::fake_jetline_model();
  int frame = 0;
  model->infer = [&](const TensorView&, std::vector<TensorView>& out) {
    // Every frame finds one more, up to all 32 locations: the output vector must not grow.
    const int n = std::min(32, frame++);
    for (int i = 0; i < 32; ++i) {
      const float x = 2.f * static_cast<float>(i);
      testing::fake_row(out[0], static_cast<size_t>(i), x, 2, x + 1.5f, 20, i < n ? 0.9f : 0, 0);
    }
  };
  testing::install_fake_engine("fake-allocations", model);
  use_uncounted_engine("fake-allocations");
  TemporaryDirectory dir;
  testing::write_fake_model(*model, dir.file("m.onnx"));
  DetectorOptions options;
  options.engine.engine = "uncounted";
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(dir.file("m.onnx"), options));
  std::vector<Image> images;
  images.emplace_back(128, 96);
  images.emplace_back(64, 32);
  size_t found = 0;
  EXPECT_EQ(steady_allocations(*detector, images, 60, found), 0);
  EXPECT_GT(found, 500u) << "the frames must have work";
}

struct AllocationCase {
  const char* name;
  const char* model;
};
class DetectorAllocationsReal : public ::testing::TestWithParam<AllocationCase> {};

TEST_P(DetectorAllocationsReal, None) {
  JETLINE_REQUIRE_TEST_DATA(model, std::string("onnx/") + GetParam().model);
  JETLINE_REQUIRE_TEST_DATA(folder, "datasets/ds_raccoon/images");
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  use_uncounted_engine("openvino");
  DetectorOptions options;
  options.engine.engine = "uncounted";
  options.engine.threads = 1;
  options.score_threshold = 0.05f;  // many candidates
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(model, options));
  std::vector<Image> images;
  for (int i = 1; i <= 4; ++i) {
    JETLINE_ASSERT_OK_AND_ASSIGN(Image image, load_image(folder + "/raccoon-" + std::to_string(i) + ".jpg"));
    images.push_back(std::move(image));
  }
  size_t found = 0;
  EXPECT_EQ(steady_allocations(*detector, images, 16, found), 0);
  EXPECT_GT(found, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Models, DetectorAllocationsReal,
    ::testing::Values(AllocationCase{"fastestdet", "onnx_fastestdet/example/onnx-runtime/FastestDet.onnx"},
                      AllocationCase{"yolox", "onnx_yolox_nano/yolox_nano.onnx"},
                      AllocationCase{"nanodet", "onnx_nanodet_m/nanodet_m_320.onnx"},
                      AllocationCase{"ultraface", "onnx_ultraface/version-RFB-320_simplified.onnx"},
                      AllocationCase{"yunet", "onnx_yunet/yunet_n_dynamic.onnx"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace jetline

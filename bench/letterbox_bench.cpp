// Time of the fused preprocessing against OpenCV's resize + copyMakeBorder + channel split and normalisation,
// on one thread, for the sizes that detectors use. Prints one JSON object: conditions, then a row for each
// case with the median time of both in nanoseconds, measured alternately, and the largest difference in
// levels.
//
//   letterbox_bench [REPEATS]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "jetline/base/random.h"
#include "jetline/vision/preprocess.h"
#include "jetline/vision/resize_rows.h"

namespace {

using Ns = std::chrono::nanoseconds;

struct Case {
  const char* name;
  int image_w, image_h, width, height;
  jetline::Fit fit;
  bool normalise;
};

jetline::Image noise_image(int w, int h) {
  jetline::Image image(w, h);
  jetline::Random random(7);
  for (int64_t i = 0; i < image.stride() * h; ++i) image.data()[i] = static_cast<uint8_t>(random.next());
  return image;
}

// What a careful C++ program does with OpenCV: all buffers are kept between frames.
struct OpenCvWay {
  cv::Mat resized, padded, floats;
  std::vector<cv::Mat> planes = std::vector<cv::Mat>(3);
  void run(const cv::Mat& image, const jetline::InputSpec& spec, const jetline::FitGeometry& g,
           float* tensor) {
    cv::resize(image, resized, cv::Size(g.content_w, g.content_h), 0, 0, cv::INTER_LINEAR);
    const int top = static_cast<int>(g.offset_y), left = static_cast<int>(g.offset_x);
    cv::copyMakeBorder(resized, padded, top, spec.height - g.content_h - top, left,
                       spec.width - g.content_w - left, cv::BORDER_CONSTANT, cv::Scalar::all(spec.pad));
    padded.convertTo(floats, CV_32F);
    for (size_t c = 0; c < 3; ++c) {
      planes[c] = cv::Mat(spec.height, spec.width, CV_32F,
                          tensor + c * static_cast<size_t>(spec.width * spec.height));
    }
    cv::split(floats, planes);
    for (size_t c = 0; c < 3; ++c) {
      if (spec.scale[c] == 1 && spec.mean[c] == 0) continue;
      planes[c].convertTo(planes[c], CV_32F, spec.scale[c], -spec.mean[c] * spec.scale[c]);
    }
  }
};

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, 10, "model name") == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

template <typename F>
double timed(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return static_cast<double>(
      std::chrono::duration_cast<Ns>(std::chrono::steady_clock::now() - start).count());
}

}  // namespace

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  using jetline::Fit;
  const Case cases[] = {
      {"1280x720 to 416x416 letterbox", 1280, 720, 416, 416, Fit::kLetterboxTopLeft, false},
      {"1280x720 to 640x640 letterbox", 1280, 720, 640, 640, Fit::kLetterbox, true},
      {"1920x1080 to 416x416 letterbox", 1920, 1080, 416, 416, Fit::kLetterbox, false},
      {"640x480 to 320x240 stretch", 640, 480, 320, 240, Fit::kStretch, true},
      {"640x480 to 352x352 stretch", 640, 480, 352, 352, Fit::kStretch, true},
      {"320x240 to 512x512 stretch", 320, 240, 512, 512, Fit::kStretch, true},
  };
  cv::setNumThreads(1);
  nlohmann::ordered_json out;
  out["conditions"] = {{"cpu", cpu_name()},         {"threads", 1},
                       {"repeats", repeats},        {"kernels", jetline::resize_rows::best_kernels().name},
                       {"opencv", CV_VERSION},      {"output", "float32 NCHW, RGB"},
                       {"version", JETLINE_VERSION}};
  out["cases"] = nlohmann::ordered_json::array();
  for (const Case& c : cases) {
    jetline::InputSpec spec;
    spec.width = c.width;
    spec.height = c.height;
    spec.fit = c.fit;
    if (c.normalise) {
      spec.mean = {{103.53f, 116.28f, 123.675f}};
      spec.scale = {{0.017429f, 0.017507f, 0.017125f}};
    }
    auto created = jetline::Preprocessor::create(spec);
    if (!created.ok()) return 5;
    jetline::Preprocessor& ours = created.value();
    const jetline::Image image = noise_image(c.image_w, c.image_h);
    const cv::Mat mat(c.image_h, c.image_w, CV_8UC3, const_cast<uint8_t*>(image.data()));
    const size_t n = static_cast<size_t>(c.width * c.height) * 3;
    std::vector<float> a(n), b(n);
    OpenCvWay theirs;
    std::vector<double> t_ours, t_theirs;
    for (int i = -5; i < repeats; ++i) {  // the first five warm up
      const double x = timed([&] { ours.run(image, a.data()); });
      const double y = timed([&] { theirs.run(mat, spec, ours.geometry(), b.data()); });
      if (i < 0) continue;
      t_ours.push_back(x);
      t_theirs.push_back(y);
    }
    double worst = 0;
    for (size_t i = 0; i < n; ++i) {
      const double scale = spec.scale[i / (n / 3)];
      worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) / scale);
    }
    out["cases"].push_back({{"case", c.name},
                            {"jetline_ns", median(t_ours)},
                            {"opencv_ns", median(t_theirs)},
                            {"speedup", median(t_theirs) / median(t_ours)},
                            {"max_difference_levels", std::round(worst * 1000) / 1000}});
  }
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}

// A checkpoint of our own detector, run by LibTorch.
#include <algorithm>
#include <cstring>

#include "jetline/base/files.h"
#include "jetline/eval/verify_hop.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/train/train.h"
#include "jetline/vision/model_facts.h"

namespace jetline {
namespace {

class CheckpointHop : public Hop {
 public:
  const char* kind() const override { return "checkpoint"; }
  const std::string& path() const override { return path_; }
  const Card& card() const override { return card_; }
  const Head* head() const override { return head_.get(); }
  std::map<std::string, std::string> conditions() const override {
    return {{"engine", "libtorch"}, {"precision", "f32"}, {"threads", std::to_string(threads_)}};
  }

  // The graph is what export makes of the checkpoint: batch-norm folded, as in the ONNX file it is held
  // against.
  Result<std::unique_ptr<Model>> model() const override {
    TemporaryDirectory dir;
    const std::string file = dir.file("reference.onnx");
    JETLINE_ASSIGN_OR_RETURN(const ExportResult exported, export_onnx(path_, file, ExportOptions()));
    (void)exported;
    return load_onnx(file);  // the mapped file outlives its name
  }

  Result<std::vector<RawOutputs>> forward(const std::vector<std::vector<uint8_t>>& tensors) override {
    std::vector<RawOutputs> all;
    constexpr size_t kBatch = 8;  // bounds memory
    for (size_t first = 0; first < tensors.size(); first += kBatch) {
      const size_t n = std::min(kBatch, tensors.size() - first);
      std::vector<float> batch;
      for (size_t i = 0; i < n; ++i) {
        const auto& t = tensors[first + i];
        const size_t at = batch.size();
        batch.resize(at + t.size() / sizeof(float));
        std::memcpy(batch.data() + at, t.data(), t.size());
      }
      JETLINE_ASSIGN_OR_RETURN(const ForwardResult r,
                               checkpoint_forward(path_, batch.data(), static_cast<int>(n), threads_));
      if (r.shape.size() != 3 || r.shape[0] != static_cast<int64_t>(n)) {
        return Status::internal("verify.tensor", "the checkpoint's output has an unexpected shape");
      }
      const size_t each = r.values.size() / n;
      for (size_t i = 0; i < n; ++i) {
        const auto begin = r.values.begin() + static_cast<std::ptrdiff_t>(i * each);
        all.push_back({{"detections",
                        {1, r.shape[1], r.shape[2]},
                        std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(each))}});
      }
    }
    return all;
  }

  static Result<std::unique_ptr<Hop>> open(const std::string& path, const HopOptions& o) {
    std::unique_ptr<CheckpointHop> hop(new CheckpointHop());
    hop->path_ = path;
    hop->threads_ = o.engine.threads > 0 ? o.engine.threads : 2;
    JETLINE_ASSIGN_OR_RETURN(hop->card_, checkpoint_card(path));
    if (!o.card_path.empty()) {
      JETLINE_ASSIGN_OR_RETURN(const std::string toml, read_file(o.card_path, 1 << 20));
      JETLINE_ASSIGN_OR_RETURN(hop->card_, overlay_card(hop->card_, toml, o.card_path));
    }
    const InputSpec& in = hop->card_.input;
    const std::vector<std::vector<uint8_t>> blank = {std::vector<uint8_t>(
        static_cast<size_t>(in.width) * static_cast<size_t>(in.height) * 3 * sizeof(float))};
    JETLINE_ASSIGN_OR_RETURN(const auto once, hop->forward(blank));
    ModelFacts facts;
    facts.inputs = {{in.name, DType::kF32, {1, 3, in.height, in.width}}};
    facts.outputs = {{once[0][0].name, DType::kF32, once[0][0].shape, {}}};
    const HeadKind* kind = find_head(hop->card_.head);
    if (!kind)
      return Status::internal("verify.no-head", "the checkpoint names the head '" + hop->card_.head + "'");
    JETLINE_ASSIGN_OR_RETURN(hop->head_, kind->create(facts, hop->card_));
    return std::unique_ptr<Hop>(std::move(hop));
  }

 private:
  std::string path_;
  Card card_;
  int threads_ = 2;
  std::unique_ptr<Head> head_;
};

}  // namespace

Result<std::unique_ptr<Hop>> open_checkpoint_hop(const std::string& path, const HopOptions& options) {
  return CheckpointHop::open(path, options);
}

}  // namespace jetline

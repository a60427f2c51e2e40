// A model file on an engine.
#include <cstring>

#include "jetline/base/strings.h"
#include "jetline/engine/infer.h"
#include "jetline/engine/registry.h"
#include "jetline/eval/verify_hop.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/vision/detector.h"
#include "jetline/vision/model_facts.h"

namespace jetline {
namespace {

class EngineHop : public Hop {
 public:
  const char* kind() const override { return plan_ ? "plan" : "onnx"; }
  const std::string& path() const override { return path_; }
  const Card& card() const override { return card_; }
  const Head* head() const override { return head_.get(); }
  Result<std::unique_ptr<Model>> model() const override { return load_onnx(path_); }
  std::map<std::string, std::string> conditions() const override { return engine_->conditions(); }

  Result<std::vector<RawOutputs>> forward(const std::vector<std::vector<uint8_t>>& tensors) override {
    std::vector<RawOutputs> all;
    JETLINE_ASSIGN_OR_RETURN(const TensorView in, session_->input(0));
    for (const std::vector<uint8_t>& t : tensors) {
      if (static_cast<int64_t>(t.size()) != in.bytes()) {
        return Status::internal("verify.tensor", "a prepared tensor has the wrong size");
      }
      std::memcpy(in.data, t.data(), t.size());
      JETLINE_RETURN_IF_ERROR(session_->run());
      RawOutputs outputs;
      for (size_t i = 0; i < engine_->outputs().size(); ++i) {
        JETLINE_ASSIGN_OR_RETURN(const TensorView v, session_->output(i));
        std::vector<double> numbers;
        if (!tensor_to_doubles(v, numbers)) continue;
        outputs.push_back({engine_->outputs()[i].name,
                           {v.shape.begin(), v.shape.end()},
                           std::vector<float>(numbers.begin(), numbers.end())});
      }
      all.push_back(std::move(outputs));
    }
    return all;
  }

  static Result<std::unique_ptr<Hop>> open(const std::string& path, const HopOptions& o) {
    std::unique_ptr<EngineHop> hop(new EngineHop());
    hop->path_ = path;
    hop->plan_ = is_plan_file(path);
    std::unique_ptr<Model> model;
    ModelFacts facts;
    if (hop->plan_) {  // shows its inputs and outputs only once an engine has loaded it
      JETLINE_ASSIGN_OR_RETURN(hop->engine_, Engine::load(path, o.engine));
      refine_facts(facts, *hop->engine_);
      hop->engine_.reset();
    } else {
      JETLINE_ASSIGN_OR_RETURN(model, load_onnx(path));
      facts = model_facts(*model);
    }
    DetectorOptions detector;
    detector.engine = o.engine;
    detector.card_path = o.card_path;
    auto resolved = Detector::create(path, detector);
    const bool known = resolved.ok();
    if (known) {
      hop->card_ = resolved.value()->card();
    } else if (resolved.status().id() != "detect.no-head" &&
               resolved.status().id() != "detect.head-mismatch") {
      return resolved.status();
    } else {
      JETLINE_RETURN_IF_ERROR(hop->plain_card(model.get(), facts, o.card_path));
    }
    resolved = Status::internal("verify.done", "");  // frees its engine before ours compiles
    EngineOptions engine = o.engine;
    const InputSpec& in = hop->card_.input;
    const int64_t channels = in.order == ColorOrder::kGray ? 1 : 3;
    engine.shapes[facts.inputs[0].name] = in.layout == Layout::kNCHW
                                              ? std::vector<int64_t>{1, channels, in.height, in.width}
                                              : std::vector<int64_t>{1, in.height, in.width, channels};
    JETLINE_ASSIGN_OR_RETURN(hop->engine_, Engine::load(path, engine));
    JETLINE_ASSIGN_OR_RETURN(hop->session_, hop->engine_->create_session());
    if (known) {
      refine_facts(facts, *hop->engine_);
      const HeadKind* kind = find_head(hop->card_.head);
      if (kind) {
        JETLINE_ASSIGN_OR_RETURN(hop->head_, kind->create(facts, hop->card_));
      }
    }
    return std::unique_ptr<Hop>(std::move(hop));
  }

 private:
  // No detector: the card says how the input is made, or the usual RGB / 255 does.
  Status plain_card(const Model* model, const ModelFacts& facts, const std::string& card_path) {
    const InputGeometry g = input_geometry(facts);
    if (facts.inputs.size() != 1 || !g.image) {
      return Status::bad_input("verify.no-image", path_ + " takes no picture",
                               "compare such models with `jetline infer` on both", path_);
    }
    JETLINE_ASSIGN_OR_RETURN(const FoundCard found, locate_card(model, path_, card_path));
    card_.input.scale = {{1 / 255.f, 1 / 255.f, 1 / 255.f}};
    card_.input.fit = Fit::kStretch;
    card_.input.layout = g.layout;
    card_.input.order = g.channels == 1 ? ColorOrder::kGray : ColorOrder::kRGB;
    if (found.found && found.toml.empty()) card_ = found.card;
    if (found.found && !found.toml.empty()) {
      JETLINE_ASSIGN_OR_RETURN(card_, overlay_card(card_, found.toml, found.where));
    }
    if (g.width > 0) card_.input.width = g.width;
    if (g.height > 0) card_.input.height = g.height;
    if (card_.input.width <= 0) card_.input.width = 224;  // dynamic, and nobody says: the classifiers' custom
    if (card_.input.height <= 0) card_.input.height = 224;
    card_.input.dtype = facts.inputs[0].dtype;
    return Status();
  }

  std::string path_;
  bool plan_ = false;
  Card card_;
  std::unique_ptr<Head> head_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Session> session_;
};

}  // namespace

Result<std::unique_ptr<Hop>> open_engine_hop(const std::string& path, const HopOptions& options) {
  return EngineHop::open(path, options);
}

}  // namespace jetline

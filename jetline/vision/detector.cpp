// See detector.h. What detectors of one model share (compiled model, head, card) is immutable after creation;
// each has its own session, tensors and candidate lists.
#include "jetline/vision/detector.h"

#include <algorithm>
#include <cmath>

#include "jetline/base/strings.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/vision/coco_classes.h"
#include "jetline/vision/heads/head.h"
#include "jetline/vision/model_facts.h"
#include "jetline/vision/nms.h"
#include "jetline/vision/preprocess.h"

namespace jetline {

Result<std::unique_ptr<Detector>> Detector::clone() const {
  return Status::internal("detect.no-clone", "this detector cannot be duplicated");
}

namespace {

struct DetectorShared {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Head> head;
  Card card;
  size_t max_detections = 300;
};

class SessionDetector : public Detector {
 public:
  static Result<std::unique_ptr<Detector>> make(std::shared_ptr<const DetectorShared> shared) {
    auto d = std::unique_ptr<SessionDetector>(new SessionDetector(std::move(shared)));
    JETLINE_RETURN_IF_ERROR(d->prepare());
    return std::unique_ptr<Detector>(std::move(d));
  }

  Status detect(const ImageView& image, std::vector<Detection>& out, StageTimes* times) override {
    out.clear();
    if (image.empty()) return Status::bad_input("detect.empty-image", "the image has no pixels");
    out.reserve(kept_limit_);
    Clock& clock = real_clock();
    const Nanos start = clock.now();
    preprocessor_->run(image, input_.data);
    const Nanos ready = clock.now();
    JETLINE_RETURN_IF_ERROR(session_->run());
    const Nanos ran = clock.now();
    for (size_t i = 0; i < outputs_.size(); ++i) {
      JETLINE_ASSIGN_OR_RETURN(outputs_[i], session_->output(i));
    }
    candidates_.clear();
    shared_->head->decode(outputs_, shared_->card.score_threshold, candidates_);
    nms_.run(candidates_, shared_->card.nms_iou, kept_limit_, out);
    to_image(image, out);
    if (times) {
      times->pre = ready - start;
      times->infer = ran - ready;
      times->post = clock.now() - ran;
    }
    return Status();
  }

  const Card& card() const override { return shared_->card; }
  std::map<std::string, std::string> conditions() const override {
    auto c = shared_->engine->conditions();
    const InputSpec& in = shared_->card.input;
    c["input"] = std::to_string(in.width) + "x" + std::to_string(in.height);
    c["head"] = shared_->card.head;
    return c;
  }
  Result<std::unique_ptr<Detector>> clone() const override { return make(shared_); }
  int optimal_clones() const override { return shared_->engine->optimal_requests(); }

 private:
  explicit SessionDetector(std::shared_ptr<const DetectorShared> shared) : shared_(std::move(shared)) {}

  Status prepare() {
    JETLINE_ASSIGN_OR_RETURN(session_, shared_->engine->create_session());
    JETLINE_ASSIGN_OR_RETURN(Preprocessor pre, Preprocessor::create(shared_->card.input));
    preprocessor_ = std::make_unique<Preprocessor>(std::move(pre));
    JETLINE_ASSIGN_OR_RETURN(input_, session_->input(0));
    if (input_.bytes() != preprocessor_->tensor_bytes()) {
      return Status::internal("detect.bad-input", "the engine's input holds " +
                                                      std::to_string(input_.bytes()) + " bytes, the card's " +
                                                      std::to_string(preprocessor_->tensor_bytes()));
    }
    outputs_.resize(shared_->engine->outputs().size());
    candidates_.reserve(shared_->head->max_candidates());
    nms_.reserve(shared_->head->max_candidates());
    kept_limit_ = std::min(shared_->max_detections, shared_->head->max_candidates());
    return Status();
  }

  void to_image(const ImageView& image, std::vector<Detection>& out) const {
    const FitGeometry& g = preprocessor_->geometry();
    // A box that lies wholly in the padding has no area in the image: it is no detection of this image.
    size_t n = 0;
    for (Detection& d : out) {
      d.box = g.to_image(d.box, image.width, image.height);
      if (d.box.width() <= 0 || d.box.height() <= 0) continue;
      for (int k = 0; k < d.landmark_count; ++k) {
        auto& p = d.landmarks[static_cast<size_t>(k)];
        g.to_image(p[0], p[1], p[0], p[1]);
      }
      if (&out[n] != &d) out[n] = d;
      ++n;
    }
    out.resize(n);
  }

  std::shared_ptr<const DetectorShared> shared_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Preprocessor> preprocessor_;
  TensorView input_;
  std::vector<TensorView> outputs_;
  std::vector<Detection> candidates_;
  Nms nms_;
  size_t kept_limit_ = 0;
};

std::string detector_known_heads() {
  std::vector<std::string> names;
  for (const HeadKind* k : head_registry()) names.push_back(k->name);
  return join(names, ", ");
}

Status detector_no_head(const std::string& path, const ModelFacts& facts) {
  std::string text = path + ": no detector is recognised in its structure; it has ";
  text += facts.inputs.empty() ? "no inputs"
                               : "input `" + facts.inputs[0].name + "` " + shape_text(facts.inputs[0].shape);
  if (facts.inputs.size() > 1) text += " and " + std::to_string(facts.inputs.size() - 1) + " more";
  text += ", outputs " + outputs_text(facts);
  return Status::bad_input(
      "detect.no-head", text,
      "name the family with --head (" + detector_known_heads() +
          ") or in a sidecar NAME.card.toml; a classifier or regressor runs with `jetline infer`");
}

// Fills size and layout from the model and the rest from the head's authors.
Card detector_defaults(const HeadKind& kind, const ModelFacts& facts, const DetectorOptions& options) {
  Card card;
  const InputGeometry g = input_geometry(facts);
  card.head = kind.name;
  if (!facts.inputs.empty()) card.input.name = facts.inputs[0].name;
  card.input.layout = g.layout;
  card.input.width = g.width > 0 ? g.width : options.input_width;
  card.input.height = g.height > 0 ? g.height : options.input_height;
  kind.defaults(facts, card);
  if (g.channels == 1) card.input.order = ColorOrder::kGray;
  return card;
}

Result<Card> detector_card(const std::string& path, const ModelFacts& facts, const FoundCard& found,
                           const DetectorOptions& options) {
  // Who names the head: the caller, then the card, then structure.
  std::string name = options.head;
  if (name.empty() && found.found) {
    if (found.toml.empty()) {
      name = found.card.head;
    } else {
      JETLINE_ASSIGN_OR_RETURN(name, sidecar_head(found.toml, found.where));
    }
  }
  const HeadKind* kind = name.empty() ? recognise_head(facts) : find_head(name);
  if (!kind && !name.empty()) {
    const std::vector<std::string> names = split(detector_known_heads(), ',');
    std::vector<std::string> words;
    for (const auto& n : names) words.emplace_back(trim(n));
    const std::string near = nearest_word(name, words);
    return Status::usage("detect.unknown-head", "there is no head named `" + name + "`",
                         near.empty() ? "heads: " + detector_known_heads() : "did you mean `" + near + "`?");
  }
  if (!kind) return detector_no_head(path, facts);
  if (facts.inputs.empty() || !input_geometry(facts).image) {
    return Status::bad_input(
        "detect.bad-input",
        path + ": the first input " +
            (facts.inputs.empty() ? "is missing" : shape_text(facts.inputs[0].shape)) +
            " is no image of 1 or 3 channels",
        "a detector takes one picture as [1, 3, height, width] or [1, height, width, 3]");
  }
  Card card = detector_defaults(*kind, facts, options);
  if (found.found && !found.toml.empty()) {
    JETLINE_ASSIGN_OR_RETURN(card, overlay_card(card, found.toml, found.where));
  } else if (found.found) {
    const bool other_head = !options.head.empty() && found.card.head != options.head;
    const auto params = card.head_params;
    card = found.card;
    if (other_head || card.head_params.empty()) card.head_params = params;
  }
  card.head = kind->name;
  return card;
}

Status detector_check_size(const ModelFacts& facts, const Card& card, const DetectorOptions& options) {
  const InputGeometry g = input_geometry(facts);
  const auto differs = [](int model, int wanted) { return model > 0 && wanted > 0 && model != wanted; };
  if (differs(g.width, card.input.width) || differs(g.height, card.input.height) ||
      differs(g.width, options.input_width) || differs(g.height, options.input_height)) {
    return Status::bad_input("detect.bad-input",
                             "the model's input is fixed at " + std::to_string(g.width) + "x" +
                                 std::to_string(g.height) + ", the card or --size says another size",
                             "remove the size from the card or the command");
  }
  if ((card.input.order == ColorOrder::kGray) != (g.channels == 1) || card.input.layout != g.layout) {
    return Status::bad_input("detect.bad-input",
                             "the card's colour order or layout does not fit the model's input " +
                                 shape_text(facts.inputs[0].shape),
                             "one channel is gray, three are RGB or BGR; [1, 3, h, w] is NCHW");
  }
  if (card.input.width <= 0 || card.input.height <= 0 || card.input.width > 8192 ||
      card.input.height > 8192) {
    return Status::bad_input("detect.bad-input", "input size " + std::to_string(card.input.width) + "x" +
                                                     std::to_string(card.input.height) +
                                                     " is out of range (1 to 8192)");
  }
  return Status();
}

Status detector_thresholds(const DetectorOptions& options, Card& card) {
  if (options.score_threshold >= 0) card.score_threshold = options.score_threshold;
  if (options.nms_iou >= 0) card.nms_iou = options.nms_iou;
  if (!(card.score_threshold >= 0 && card.score_threshold <= 1) ||
      !(card.nms_iou >= 0 && card.nms_iou <= 1)) {
    return Status::usage("detect.threshold", "score and NMS thresholds are numbers from 0 to 1");
  }
  if (options.max_detections < 1)
    return Status::usage("detect.threshold", "the largest number of detections is at least 1");
  return Status();
}

void detector_labels(const DetectorOptions& options, size_t classes, Card& card) {
  if (!options.labels.empty()) card.labels = options.labels;
  if (card.labels.empty() && classes == 80) card.labels = coco_class_names();
}

}  // namespace

Result<Card> resolve_card(const std::string& model_path, const DetectorOptions& options) {
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(model_path));
  const ModelFacts facts = model_facts(*model);
  JETLINE_ASSIGN_OR_RETURN(const FoundCard found, locate_card(model.get(), model_path, options.card_path));
  JETLINE_ASSIGN_OR_RETURN(Card card, detector_card(model_path, facts, found, options));
  JETLINE_RETURN_IF_ERROR(detector_check_size(facts, card, options));
  return card;
}

Result<std::unique_ptr<Detector>> Detector::create(const std::string& model_path,
                                                   const DetectorOptions& options) {
  auto shared = std::make_shared<DetectorShared>();
  ModelFacts facts;
  FoundCard found;
  {
    // Read for its structure only; the weights stay in the mapped file and go with it.
    auto model = load_onnx(model_path);
    if (model.ok()) {
      facts = model_facts(**model);
    } else if (file_extension_lower(model_path) == ".onnx" || starts_with(model.status().id(), "file.")) {
      return model.status().at(model_path);
    }
    JETLINE_ASSIGN_OR_RETURN(found,
                             locate_card(model.ok() ? model->get() : nullptr, model_path, options.card_path));
  }
  EngineOptions engine_options = options.engine;
  if (!facts.graph_read) {  // another format: only the engine can say what it is
    JETLINE_ASSIGN_OR_RETURN(shared->engine, Engine::load(model_path, engine_options));
    refine_facts(facts, *shared->engine);
  }
  JETLINE_ASSIGN_OR_RETURN(Card card, detector_card(model_path, facts, found, options));
  JETLINE_RETURN_IF_ERROR(detector_check_size(facts, card, options));
  if (facts.inputs.size() != 1) {
    return Status::bad_input("detect.bad-input", model_path + " has " + std::to_string(facts.inputs.size()) +
                                                     " inputs; a detector takes one picture");
  }
  const std::vector<int64_t> shape =
      card.input.layout == Layout::kNCHW
          ? std::vector<int64_t>{1, input_geometry(facts).channels, card.input.height, card.input.width}
          : std::vector<int64_t>{1, card.input.height, card.input.width, input_geometry(facts).channels};
  if (!shared->engine || facts.inputs[0].shape != shape) {
    if (facts.inputs[0].shape != shape) engine_options.shapes[facts.inputs[0].name] = shape;
    JETLINE_ASSIGN_OR_RETURN(shared->engine, Engine::load(model_path, engine_options));
  }
  refine_facts(facts, *shared->engine);
  card.input.dtype = facts.inputs[0].dtype;
  for (const OutputFacts& o : facts.outputs) {
    if (o.dtype != DType::kF32) {
      return head_mismatch(card.head.c_str(), facts,
                           "output `" + o.name + "` is " + std::string(dtype_name(o.dtype)) + ", not float");
    }
  }
  JETLINE_RETURN_IF_ERROR(detector_thresholds(options, card));
  JETLINE_ASSIGN_OR_RETURN(shared->head, find_head(card.head)->create(facts, card));
  detector_labels(options, shared->head->classes(), card);
  shared->card = std::move(card);
  shared->max_detections = static_cast<size_t>(options.max_detections);
  return SessionDetector::make(std::move(shared));
}

}  // namespace jetline

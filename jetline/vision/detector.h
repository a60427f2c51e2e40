// From a picture to boxes in one object: preprocessing, engine session, head and NMS, with all memory taken
// at creation. After a first frame of a given size, detect() allocates nothing on the calling thread (the
// engine's own inference call aside); a test counts.
//
// Threads: one thread at a time per Detector.
// Ids: those of Engine::load and the graph loader, detect.no-head (structure not recognised and none named),
// detect.unknown-head, detect.head-mismatch (outputs do not fit the named head), detect.bad-input (the
// model's input is no image), detect.empty-image, detect.threshold, detect.no-clone.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jetline/base/clock.h"
#include "jetline/base/status.h"
#include "jetline/engine/engine.h"
#include "jetline/graph/card.h"
#include "jetline/vision/detection.h"
#include "jetline/vision/image.h"

namespace jetline {

struct DetectorOptions {
  EngineOptions engine;
  std::string head;            // "" = the card's, else recognised from structure
  std::string card_path;       // sidecar; "" = embedded card, NAME.card.toml beside the model, or recognised
  float score_threshold = -1;  // below 0: the card's
  float nms_iou = -1;          // below 0: the card's
  int max_detections = 300;
  std::vector<std::string> labels;        // empty: the card's
  int input_width = 0, input_height = 0;  // of a model whose input size is free; 0: the card's
};

// Durations of one detect() call in nanoseconds.
struct StageTimes {
  Nanos pre = 0, infer = 0, post = 0;
};

class Detector {
 public:
  virtual ~Detector() = default;
  static Result<std::unique_ptr<Detector>> create(const std::string& model_path,
                                                  const DetectorOptions& options);

  // Fills `out` (cleared first; its capacity is reused). `times` may be null.
  virtual Status detect(const ImageView& image, std::vector<Detection>& out, StageTimes* times = nullptr) = 0;

  virtual const Card& card() const = 0;  // as resolved: the thresholds and labels in force
  virtual std::map<std::string, std::string> conditions() const = 0;

  // A second Detector on the same compiled model, with a session and buffers of its own, for another thread.
  // detect.no-clone where an implementation cannot.
  virtual Result<std::unique_ptr<Detector>> clone() const;
  // How many clones in flight keep the device busy (1 in latency mode).
  virtual int optimal_clones() const { return 1; }
};

// The card that create() would resolve (from the caller's words, the file, its sidecar, or the structure of the
// outputs), without loading the model into an engine. ONNX files only. Ids: as create().
Result<Card> resolve_card(const std::string& model_path, const DetectorOptions& options);

}  // namespace jetline

// jetline merge-preprocess: a model that takes the picture as it comes.
#include "apps/jetline/surgery_files.h"
#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/graph/card_io.h"
#include "jetline/surgery/merge_preprocess.h"
#include "jetline/vision/detector.h"

namespace jetline::cli {
namespace {

struct MergeArgs {
  SurgeryFiles files;
  std::string input, mean, scale, deviation, color, network, layout = "nhwc", type = "uint8", head;
  bool no_fold = false;
};

Status merge_numbers(const char* option, const std::string& text, bool inverse, std::array<float, 3>& out) {
  if (text.empty()) return Status();
  const std::vector<std::string> pieces = split(text, ',');
  for (size_t c = 0; c < 3; ++c) {
    double v = 0;
    if ((pieces.size() != 1 && pieces.size() != 3) || !parse_double(pieces[pieces.size() == 1 ? 0 : c], v) ||
        (inverse && v == 0)) {
      return Status::usage("usage.options",
                           std::string(option) + " wants one number or three, not '" + text + "'",
                           "levels go from 0 to 255: --mean 123.675,116.28,103.53");
    }
    out[c] = static_cast<float>(inverse ? 1 / v : v);
  }
  return Status();
}

Status merge_order(const char* option, const std::string& word, ColorOrder& out) {
  if (word.empty()) return Status();
  const std::string low = to_lower(word);
  if (low != "rgb" && low != "bgr") {
    return Status::usage("usage.options", std::string(option) + " is rgb or bgr, not '" + word + "'");
  }
  out = low == "rgb" ? ColorOrder::kRGB : ColorOrder::kBGR;
  return Status();
}

// Numbers of the card where there is one (or where the model is recognised), overridden by the options.
Result<surgery::MergePreprocessOptions> merge_choices(const MergeArgs& a, const Card* card) {
  surgery::MergePreprocessOptions o;
  o.input = a.input;
  o.fold = !a.no_fold;
  if (card) {
    o.mean = card->input.mean;
    o.scale = card->input.scale;
    if (card->input.order != ColorOrder::kGray) o.network = card->input.order;
    if (o.input.empty()) o.input = card->input.name;
  }
  JETLINE_RETURN_IF_ERROR(merge_numbers("--mean", a.mean, false, o.mean));
  JETLINE_RETURN_IF_ERROR(merge_numbers("--scale", a.scale, false, o.scale));
  JETLINE_RETURN_IF_ERROR(merge_numbers("--std", a.deviation, true, o.scale));
  JETLINE_RETURN_IF_ERROR(merge_order("--network-color", a.network, o.network));
  o.picture = o.network;
  JETLINE_RETURN_IF_ERROR(merge_order("--color", a.color, o.picture));
  using Picture = surgery::MergePreprocessOptions::Picture;
  o.layout = a.layout == "hwc" ? Picture::kHWC : a.layout == "nchw" ? Picture::kNCHW : Picture::kNHWC;
  o.dtype = a.type == "float" ? DType::kF32 : DType::kU8;
  return o;
}

std::string merge_words(const std::vector<std::string>& words) {
  return words.empty() ? "-" : join(words, ", ");
}

Status run_merge(const MergeArgs& a, Io& io) {
  JETLINE_RETURN_IF_ERROR(io.may_write(a.files.output));
  const std::string beside = sidecar_path(a.files.output);
  JETLINE_RETURN_IF_ERROR(io.may_write(beside));
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(a.files.model));
  DetectorOptions detector;
  detector.head = a.head;
  const Result<Card> card = resolve_card(a.files.model, detector);
  const bool told = !a.mean.empty() || !a.scale.empty() || !a.deviation.empty();
  if (!card.ok() && !told) return card.status();
  JETLINE_ASSIGN_OR_RETURN(const auto options, merge_choices(a, card.ok() ? &*card : nullptr));
  JETLINE_ASSIGN_OR_RETURN(surgery::MergePreprocessResult r, surgery::merge_preprocess(*model, options));
  if (card.ok()) {
    Card now = *card;
    now.input = surgery::merged_input(card->input, options, r, r.notes);
    write_card(*model, now);
  } else {
    r.notes.push_back("no card was written: " + card.status().message());
  }
  JETLINE_RETURN_IF_ERROR(save_onnx(*model, a.files.output));
  // A sidecar beside the result would win over the card inside and still describe the old input.
  if (card.ok() && file_exists(beside)) {
    JETLINE_ASSIGN_OR_RETURN(const Card written, read_card(*model));
    JETLINE_RETURN_IF_ERROR(write_sidecar(written, beside));
    r.notes.push_back("the card beside the result was rewritten: " + beside);
  }
  if (io.json) {
    nlohmann::ordered_json j;
    j["model"] = a.files.model;
    j["output"] = a.files.output;
    j["input"] = r.input;
    j["type_before"] = to_string(r.before);
    j["type_after"] = to_string(r.after);
    j["mean"] = options.mean;
    j["scale"] = options.scale;
    j["added"] = r.added;
    j["folded"] = r.folded;
    j["convolutions"] = r.convolutions;
    j["card"] = card.ok();
    j["notes"] = r.notes;
    io.emit_json(j);
    return Status();
  }
  for (const std::string& n : r.notes) io.note("note: " + n);
  io.print("input    " + r.input + ": " + to_string(r.before) + " -> " + to_string(r.after) + "\n" +
           "added    " + merge_words(r.added) + "\n" + "folded   " + merge_words(r.folded) +
           (r.convolutions > 0
                ? " into " + std::to_string(r.convolutions) + " convolution" + (r.convolutions > 1 ? "s" : "")
                : "") +
           "\ncard     " + (card.ok() ? "now says that the picture enters as it is" : "none") +
           "\nwritten: " + a.files.output + "\n");
  return Status();
}

VerbRun setup_merge(CLI::App& app, Io& io) {
  auto a = std::make_shared<MergeArgs>();
  surgery_options(app, a->files);
  app.add_flag("--from-card", "numbers from the card, or from the detector that is recognised (the default)");
  app.add_option("--mean", a->mean,
                 "one number or three, in levels of 0 to 255, in the network's channel order");
  auto* scale =
      app.add_option("--scale", a->scale, "factors behind the mean: tensor = (level - mean) * scale");
  app.add_option("--std", a->deviation, "divisors instead of --scale, in levels")->excludes(scale);
  app.add_option("--color", a->color,
                 "rgb or bgr: channel order of the pictures that come; left out: the network's");
  app.add_option("--network-color", a->network,
                 "rgb or bgr: what the network was trained on; left out: the card's");
  app.add_option("--input-layout", a->layout, "of the new input: nhwc, hwc (no batch axis) or nchw")
      ->capture_default_str()
      ->check(CLI::IsMember({"nhwc", "hwc", "nchw"}));
  app.add_option("--type", a->type, "element type of the new input: uint8 or float")
      ->capture_default_str()
      ->check(CLI::IsMember({"uint8", "float"}));
  app.add_option("--input", a->input, "the input that takes the picture, where there are several");
  app.add_option("--head", a->head, "the head, where the model is not recognised by itself");
  app.add_flag("--no-fold", a->no_fold, "leave the weights alone: every step stays an operator");
  return [a, &io] { return run_merge(*a, io); };
}

}  // namespace

extern const Verb kMergePreprocessVerb;
const Verb kMergePreprocessVerb = {
    "merge-preprocess", "a model that takes the picture as it comes: uint8, height x width x channels",
    "  jetline merge-preprocess detector.onnx -o bytes.onnx\n"
    "  jetline merge-preprocess model.onnx --mean 123.675,116.28,103.53 --std 58.4,57.1,57.4 -o bytes.onnx",
    setup_merge};

}  // namespace jetline::cli

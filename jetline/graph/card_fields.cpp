#include "jetline/graph/card_fields.h"

#include <cmath>

namespace jetline {
namespace {

Status card_bad(const std::string& field, const std::string& rule) {
  return Status::bad_input("card.field", "card field '" + field + "' " + rule,
                           "docs/graph.md lists the fields of a card");
}

Status card_text(const std::string& field, const CardTree& t, std::string& out) {
  if (t.kind != CardTree::Kind::kText) return card_bad(field, "must be text");
  if (!is_valid_utf8(t.text)) return card_bad(field, "must be UTF-8");
  out = t.text;
  return Status();
}

Status card_double(const std::string& field, const CardTree& t, double low, double high, double& out) {
  if (t.kind != CardTree::Kind::kNumber || !std::isfinite(t.number))
    return card_bad(field, "must be a number");
  if (t.number < low || t.number > high) {
    auto bound = [](double d) { return std::to_string(static_cast<int64_t>(d)); };
    return card_bad(field, "must lie between " + bound(low) + " and " + bound(high));
  }
  out = t.number;
  return Status();
}

Status card_int(const std::string& field, const CardTree& t, int low, int high, int& out) {
  double d = 0;
  JETLINE_RETURN_IF_ERROR(card_double(field, t, low, high, d));
  if (d != std::floor(d)) return card_bad(field, "must be a whole number");
  out = static_cast<int>(d);
  return Status();
}

Status card_float(const std::string& field, const CardTree& t, double low, double high, float& out) {
  double d = 0;
  JETLINE_RETURN_IF_ERROR(card_double(field, t, low, high, d));
  out = static_cast<float>(d);
  return Status();
}

// One number for all channels, or one for each.
Status card_channels(const std::string& field, const CardTree& t, std::array<float, 3>& out) {
  if (t.kind == CardTree::Kind::kNumber) {
    JETLINE_RETURN_IF_ERROR(card_float(field, t, -1e6, 1e6, out[0]));
    out[1] = out[2] = out[0];
    return Status();
  }
  if (t.kind != CardTree::Kind::kList || (t.list.size() != 3 && t.list.size() != 1)) {
    return card_bad(field, "must be one number or three");
  }
  for (size_t i = 0; i < 3; ++i) {
    JETLINE_RETURN_IF_ERROR(card_float(field, t.list[t.list.size() == 1 ? 0 : i], -1e6, 1e6, out[i]));
  }
  return Status();
}

template <typename Enum, size_t N>
Status card_enum(const std::string& field, const CardTree& t, const Enum (&choices)[N], Enum& out) {
  std::string word, all;
  JETLINE_RETURN_IF_ERROR(card_text(field, t, word));
  std::vector<std::string> words;
  for (Enum e : choices) {
    if (word == card_word(e)) {
      out = e;
      return Status();
    }
    words.emplace_back(card_word(e));
  }
  return card_bad(field, "is '" + word + "'; it must be one of " + join(words, ", "));
}

Status card_input(const CardTree& t, InputSpec& in) {
  if (t.kind != CardTree::Kind::kTable) return card_bad("input", "must be a table");
  constexpr Layout kLayouts[] = {Layout::kNCHW, Layout::kNHWC};
  constexpr ColorOrder kOrders[] = {ColorOrder::kRGB, ColorOrder::kBGR, ColorOrder::kGray};
  constexpr Resample kResamples[] = {Resample::kLevels, Resample::kFloatCenters, Resample::kFloatCorners};
  constexpr Fit kFits[] = {Fit::kStretch, Fit::kLetterbox, Fit::kLetterboxTopLeft};
  for (const auto& [key, v] : t.table) {
    const std::string field = "input." + key;
    Status s;
    if (key == "name")
      s = card_text(field, v, in.name);
    else if (key == "width")
      s = card_int(field, v, 0, 16384, in.width);
    else if (key == "height")
      s = card_int(field, v, 0, 16384, in.height);
    else if (key == "layout")
      s = card_enum(field, v, kLayouts, in.layout);
    else if (key == "order")
      s = card_enum(field, v, kOrders, in.order);
    else if (key == "fit")
      s = card_enum(field, v, kFits, in.fit);
    else if (key == "resample")
      s = card_enum(field, v, kResamples, in.resample);
    else if (key == "pad")
      s = card_float(field, v, 0, 255, in.pad);
    else if (key == "mean")
      s = card_channels(field, v, in.mean);
    else if (key == "scale")
      s = card_channels(field, v, in.scale);
    else if (key == "dtype") {
      std::string word;
      JETLINE_RETURN_IF_ERROR(card_text(field, v, word));
      in.dtype = dtype_from_name(word);
      if (in.dtype == DType::kUndefined || dtype_bits(in.dtype) == 0)
        s = card_bad(field, "is no element type: '" + word + "'");
    } else {
      s = card_bad(field, "is unknown");
    }
    JETLINE_RETURN_IF_ERROR(s);
  }
  return Status();
}

Status card_params(const CardTree& t, Card& card) {
  if (t.kind != CardTree::Kind::kTable) return card_bad("head_params", "must be a table");
  for (const auto& [key, v] : t.table) {
    std::vector<double> values;
    const std::string field = "head_params." + key;
    if (v.kind == CardTree::Kind::kNumber) {
      values.push_back(v.number);
    } else if (v.kind == CardTree::Kind::kList) {
      for (const CardTree& e : v.list) {
        if (e.kind != CardTree::Kind::kNumber) return card_bad(field, "must hold numbers only");
        values.push_back(e.number);
      }
    } else {
      return card_bad(field, "must be a number or a list of numbers");
    }
    for (double d : values) {
      if (!std::isfinite(d)) return card_bad(field, "must hold finite numbers");
    }
    card.head_params[key] = std::move(values);
  }
  return Status();
}

Status card_labels(const CardTree& t, Card& card) {
  if (t.kind != CardTree::Kind::kList) return card_bad("labels", "must be a list of texts");
  for (const CardTree& e : t.list) {
    std::string label;
    JETLINE_RETURN_IF_ERROR(card_text("labels", e, label));
    card.labels.push_back(std::move(label));
  }
  return Status();
}

Status card_provenance(const CardTree& t, Card& card) {
  if (t.kind != CardTree::Kind::kTable) return card_bad("provenance", "must be a table of texts");
  for (const auto& [key, v] : t.table) {
    JETLINE_RETURN_IF_ERROR(card_text("provenance." + key, v, card.provenance[key]));
  }
  return Status();
}

}  // namespace

const char* card_word(Layout v) {
  return v == Layout::kNCHW ? "NCHW" : "NHWC";
}
const char* card_word(ColorOrder v) {
  return v == ColorOrder::kRGB ? "RGB" : v == ColorOrder::kBGR ? "BGR" : "gray";
}
const char* card_word(Resample v) {
  return v == Resample::kLevels ? "levels" : v == Resample::kFloatCenters ? "float-centers" : "float-corners";
}
const char* card_word(Fit v) {
  return v == Fit::kStretch ? "stretch" : v == Fit::kLetterbox ? "letterbox" : "letterbox-top-left";
}

Result<Card> card_read(const CardTree& tree) {
  if (tree.kind != CardTree::Kind::kTable)
    return Status::bad_input("card.syntax", "the card is not a table of fields");
  Card card;
  for (const auto& [key, v] : tree.table) {
    Status s;
    if (key == "version") {
      s = card_int(key, v, 1, 1000000, card.version);
      if (s.ok() && card.version > 1) {
        s = card_bad(key, "is " + std::to_string(card.version) + "; this jetline reads version 1");
      }
    } else if (key == "name")
      s = card_text(key, v, card.name);
    else if (key == "task") {
      s = card_text(key, v, card.task);
      if (s.ok() && card.task != "detect" && card.task != "classify" && card.task != "regress") {
        s = card_bad(key, "is '" + card.task + "'; it must be one of detect, classify, regress");
      }
    } else if (key == "head")
      s = card_text(key, v, card.head);
    else if (key == "labels")
      s = card_labels(v, card);
    else if (key == "input")
      s = card_input(v, card.input);
    else if (key == "head_params")
      s = card_params(v, card);
    else if (key == "score_threshold")
      s = card_float(key, v, 0, 1, card.score_threshold);
    else if (key == "nms_iou")
      s = card_float(key, v, 0, 1, card.nms_iou);
    else if (key == "provenance")
      s = card_provenance(v, card);
    else if (key != "extensions")
      s = card_bad(key, "is unknown");
    JETLINE_RETURN_IF_ERROR(s);
  }
  return card;
}

}  // namespace jetline

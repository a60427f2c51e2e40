#include "jetline/importers/tensorflow/detector/probe.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "jetline/graph/evaluate.h"

namespace jetline::tf {
namespace {

constexpr int kProbeSide = 64;
constexpr int kMaxSide = 4096;

struct Picture {
  Value* value = nullptr;  // what enters the network proper, before the padding of its first convolution
  PictureSize size;        // of it
  PictureSize padded;      // of what the convolution takes
  bool channels_last = true;
};

bool probe_size(const Value* v, bool channels_last, PictureSize& size) {
  if (!v->type.is_static() || v->type.shape.size() != 4) return false;
  const auto d = v->type.dims();
  const int64_t h = d[channels_last ? 1 : 2], w = d[channels_last ? 2 : 3];
  if (h < 1 || w < 1 || h > kMaxSide || w > kMaxSide) return false;
  size = {static_cast<int>(w), static_cast<int>(h)};
  return true;
}

// The first convolution that the input reaches, in execution order, and the picture that it sees.
bool probe_picture(Graph& g, const Value* input, Picture& out) {
  std::unordered_set<const Value*> reached = {input};
  for (const auto& n : g.nodes()) {
    const bool from_input = std::any_of(n->inputs().begin(), n->inputs().end(),
                                        [&](const Value* v) { return v && reached.count(v); });
    if (!from_input) continue;
    if (!n->is("Conv")) {
      for (const Value* v : n->outputs())
        if (v) reached.insert(v);
      continue;
    }
    Value* v = n->input(0);
    bool channels_last = false;
    auto padded = [&] { return probe_size(v, channels_last, out.padded); };
    auto strip = [&]() -> bool {
      const Node* p = v->producer();
      if (!p) return false;
      if (p->is("Pad")) {
        v = p->input(0);
        return true;
      }
      const std::vector<int64_t> perm = p->is("Transpose") ? p->ints_or("perm", {}) : std::vector<int64_t>();
      if (perm != std::vector<int64_t>{0, 3, 1, 2}) return false;
      v = p->input(0);
      channels_last = true;
      return true;
    };
    if (!padded()) return false;
    while (v && strip()) {
    }
    if (!v) return false;
    out.value = v;
    out.channels_last = channels_last;
    return probe_size(v, channels_last, out.size);
  }
  return false;
}

Result<Imported> probe_import(const std::string& input, int width, int height, ImportOptions options,
                              const Importer& import) {
  options.shapes[input] = {1, height, width, 3};
  options.stop_at = "Conv";
  return import(options);
}

Value* probe_input(Model& m) {
  const std::vector<Value*> inputs = m.graph().free_inputs();
  return inputs.size() == 1 ? inputs[0] : nullptr;
}

// Levels of the even and the odd columns of a band of the input.
using Columns = std::array<float, 2>;

// What the network sees of a picture that has `bands` side by side, equally wide.
class Seen {
 public:
  static Result<Seen> run(Model& m, const Picture& picture, const std::vector<Columns>& bands) {
    Graph& g = m.graph();
    Value* in = probe_input(m);
    const std::vector<int64_t> dims = in->type.dims();  // [1, H, W, 3]
    std::vector<float> row;
    for (int64_t x = 0; x < dims[2]; ++x) {
      const Columns& band = bands[static_cast<size_t>(x * static_cast<int64_t>(bands.size()) / dims[2])];
      row.insert(row.end(), static_cast<size_t>(dims[3]), band[static_cast<size_t>(x % 2)]);
    }
    Tensor input;
    if (in->type.dtype == DType::kU8) {
      JETLINE_ASSIGN_OR_RETURN(input, Tensor::own(DType::kU8, dims, repeated<uint8_t>(row, dims[1])));
    } else {
      JETLINE_ASSIGN_OR_RETURN(input, Tensor::floats(dims, repeated<float>(row, dims[1])));
    }
    while (!g.outputs().empty()) g.remove_output(0);
    g.add_output(picture.value);
    g.remove_dead();
    JETLINE_ASSIGN_OR_RETURN(std::vector<Tensor> out, evaluate_graph(g, {{in, input}}));
    Seen seen;
    seen.tensor_ = std::move(out[0]);
    seen.channels_last_ = picture.channels_last;
    if (seen.tensor_.dims().size() != 4 || seen.tensor_.count() == 0) {
      return Status::internal("tf.not-a-detector", "the preprocessing gives no picture");
    }
    return seen;
  }

  int64_t rows() const { return tensor_.dims()[channels_last_ ? 1 : 2]; }
  int64_t columns() const { return tensor_.dims()[channels_last_ ? 2 : 3]; }
  int64_t channels() const { return tensor_.dims()[channels_last_ ? 3 : 1]; }
  double at(int64_t row, int64_t column, int64_t c) const {
    const int64_t i = channels_last_ ? (row * columns() + column) * channels() + c
                                     : (c * rows() + row) * columns() + column;
    const auto width = static_cast<size_t>(dtype_bits(tensor_.dtype()) / 8);
    const auto one = Tensor::view(
        tensor_.dtype(), {}, tensor_.bytes().subspan(static_cast<size_t>(i) * width, width), tensor_.owner());
    const auto number = one.ok() ? one->to_doubles() : Result<std::vector<double>>(one.status());
    return number.ok() ? (*number)[0] : 0;
  }

 private:
  template <typename T>
  static std::vector<T> repeated(const std::vector<float>& row, int64_t times) {
    std::vector<T> out;
    out.reserve(row.size() * static_cast<size_t>(times));
    for (int64_t y = 0; y < times; ++y) out.insert(out.end(), row.begin(), row.end());
    return out;
  }

  Tensor tensor_;
  bool channels_last_ = true;
};

// The probe's columns, from left to right: 0 and 255 in turn, black, white, and two levels of grey.
const std::vector<Columns>& fit_bands() {
  static const std::vector<Columns> kBands = {{{0, 255}}, {{0, 0}}, {{255, 255}}, {{200, 200}}, {{100, 100}}};
  return kBands;
}
enum FitBand { kStripes, kBlack, kWhite, kBright, kDark };

int64_t fit_column(const Seen& seen, FitBand band) {
  return seen.columns() * (2 * band + 1) / (2 * static_cast<int64_t>(fit_bands().size()));
}

// The padding below a picture that is half as high, against its width, as the network's.
void fit_padding(const Seen& seen, int height, PictureFit& out) {
  const int64_t inner = seen.rows() / 8, bottom = std::min<int64_t>(seen.rows(), height) - 1;
  const int64_t bright = fit_column(seen, kBright), dark = fit_column(seen, kDark);
  double pad = 0;
  int channels = 0;
  for (int64_t c = 0; c < std::min<int64_t>(3, seen.channels()); ++c) {
    const double inside = seen.at(inner, bright, c), below = seen.at(bottom, bright, c);
    const double slope = (inside - seen.at(inner, dark, c)) / 100;
    if (std::abs(slope) < 1e-12 || std::abs(inside - below) <= 1e-6 * std::abs(inside)) continue;
    // Level at which the normalisation gives what stands in the padding.
    pad += 200 + (below - inside) / slope;
    ++channels;
  }
  if (channels == 0) return;
  out.fit = Fit::kLetterboxTopLeft;
  out.pad = static_cast<float>(std::clamp(pad / channels, 0.0, 255.0));
}

// Where the resizer reads, from columns of 0 and 255 in turn.
void fit_sampling(const Seen& seen, int64_t input_columns, PictureFit& out) {
  const int64_t row = seen.rows() / 8;
  const double black = seen.at(row, fit_column(seen, kBlack), 0),
               white = seen.at(row, fit_column(seen, kWhite), 0);
  if (white == black) return;
  // The share of white between columns of the input, even ones black.
  const auto share_at = [](double position) {
    const double left = std::floor(position), f = position - left;
    return static_cast<int64_t>(left) % 2 == 0 ? f : 1 - f;
  };
  const double step = static_cast<double>(input_columns) / static_cast<double>(seen.columns());
  const int64_t middle = fit_column(seen, kStripes);
  double corners = 0, centers = 0;
  int64_t column = middle;
  for (int64_t x = std::max<int64_t>(2, middle - 4); x < middle + 4; ++x) {  // where the two differ most
    const double a = share_at(static_cast<double>(x) * step);
    const double b = share_at((static_cast<double>(x) + 0.5) * step - 0.5);
    if (std::abs(a - b) <= std::abs(corners - centers)) continue;
    corners = a;
    centers = b;
    column = x;
  }
  const double share = (seen.at(row, column, 0) - black) / (white - black);
  out.resample = std::abs(share - corners) < std::abs(share - centers) ? Resample::kFloatCorners
                                                                       : Resample::kFloatCenters;
}

PictureFit fit_of(Model& m, const PictureSize& size) {
  PictureFit out;
  Picture seen;
  Value* in = probe_input(m);
  if (!in || !probe_picture(m.graph(), in, seen)) return out;
  // A resizer that keeps the aspect pads below; where the padding was taken for the convolution's the picture
  // before it is low, and the picture with the padding is what counts.
  if (seen.size.height < size.height && seen.value) {
    for (const Use& u : seen.value->uses()) {
      if (!u.node || !u.node->is("Pad")) continue;
      Value* padded = u.node->output(0);
      PictureSize high;
      if (probe_size(padded, seen.channels_last, high) && high.height >= size.height) seen.value = padded;
    }
  }
  const int64_t columns = in->type.dims()[2];
  const Result<Seen> made = Seen::run(m, seen, fit_bands());
  if (!made.ok()) return out;  // a preprocessing that cannot be computed: taken as stretched
  fit_padding(*made, size.height, out);
  fit_sampling(*made, columns, out);
  return out;
}

}  // namespace

Result<std::optional<PictureSize>> find_picture_size(const std::string& input, const ImportOptions& options,
                                                     const Importer& import) {
  JETLINE_ASSIGN_OR_RETURN(Imported first, probe_import(input, kProbeSide, kProbeSide, options, import));
  Picture seen;
  Value* in = probe_input(*first.model);
  std::optional<PictureSize> nothing;
  if (!in || !probe_picture(first.model->graph(), in, seen)) return nothing;
  for (const PictureSize& candidate : {seen.size, seen.padded}) {
    JETLINE_ASSIGN_OR_RETURN(Imported again,
                             probe_import(input, candidate.width, candidate.height, options, import));
    Picture now;
    in = probe_input(*again.model);
    if (in && probe_picture(again.model->graph(), in, now) && now.size.width == candidate.width &&
        now.size.height == candidate.height)
      return std::optional<PictureSize>(candidate);
  }
  return nothing;
}

Result<std::shared_future<PictureFit>> find_fit(const std::string& input, const PictureSize& size,
                                                const ImportOptions& options, const Importer& import) {
  // Half as wide and a quarter as high: small to compute with, and enlarged by two wherever the aspect is
  // kept.
  JETLINE_ASSIGN_OR_RETURN(Imported small, probe_import(input, std::max(1, size.width / 2),
                                                        std::max(1, size.height / 4), options, import));
  // Where no thread is to be had, it is computed when it is asked for.
  return std::async([size, model = std::move(small.model)] { return fit_of(*model, size); }).share();
}

}  // namespace jetline::tf

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

// The padding of a picture of half the height.
void fit_padding(Model& m, const PictureSize& size, PictureFit& out) {
  Picture seen;
  Value* in = probe_input(m);
  if (!in || !probe_picture(m.graph(), in, seen)) return;
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
  const Result<Seen> grey = Seen::run(m, seen, {{{200, 200}}, {{100, 100}}});
  if (!grey.ok()) return;  // a preprocessing that cannot be computed: taken as stretched
  const int64_t inner = grey->rows() / 8, bright = grey->columns() / 4, dark = grey->columns() * 3 / 4;
  const int64_t bottom = std::min<int64_t>(grey->rows(), size.height) - 1;
  double pad = 0;
  int channels = 0;
  for (int64_t c = 0; c < std::min<int64_t>(3, grey->channels()); ++c) {
    const double inside = grey->at(inner, bright, c), below = grey->at(bottom, bright, c);
    const double slope = (inside - grey->at(inner, dark, c)) / 100;
    if (std::abs(slope) < 1e-12 || std::abs(inside - below) <= 1e-6 * std::abs(inside)) continue;
    // Level at which the normalisation gives what stands in the padding.
    pad += 200 + (below - inside) / slope;
    ++channels;
  }
  if (channels == 0) return;
  out.fit = Fit::kLetterboxTopLeft;
  out.pad = static_cast<float>(std::clamp(pad / channels, 0.0, 255.0));
}

// Where the resizer reads, from a picture of twice the width.
void fit_sampling(Model& m, PictureFit& out) {
  Picture seen;
  Value* in = probe_input(m);
  if (!in || !probe_picture(m.graph(), in, seen)) return;
  const Result<Seen> bands = Seen::run(m, seen, {{{0, 255}}, {{0, 0}}, {{255, 255}}});
  if (!bands.ok()) return;
  const int64_t row = bands->rows() / 8;
  const auto level = [&](int64_t sixths) { return bands->at(row, bands->columns() * sixths / 6, 0); };
  const double black = level(3), white = level(5);
  if (white == black) return;
  // Output x reads 2 x (an even column: black) or 2 x + 0.5 (half of each).
  const double share = (level(1) - black) / (white - black);
  out.resample = share < 0.25 ? Resample::kFloatCorners : Resample::kFloatCenters;
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
  JETLINE_ASSIGN_OR_RETURN(Imported half,
                           probe_import(input, size.width, std::max(1, size.height / 2), options, import));
  JETLINE_ASSIGN_OR_RETURN(Imported wide, probe_import(input, size.width * 2, size.height, options, import));
  // Where no thread is to be had, it is computed when it is asked for.
  return std::async([size, low = std::move(half.model), broad = std::move(wide.model)] {
           PictureFit out;
           fit_padding(*low, size, out);
           fit_sampling(*broad, out);
           return out;
         })
      .share();
}

}  // namespace jetline::tf

#include "jetline/engine/infer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "jetline/base/random.h"
#include "jetline/base/strings.h"

namespace jetline {
namespace {

std::string infer_shape(Span<const int64_t> shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    s += (i ? "," : "") + (shape[i] < 0 ? "?" : std::to_string(shape[i]));
  return s + "]";
}

std::string infer_type(const TensorInfo& i) {
  return std::string(dtype_name(i.dtype)) + " " + infer_shape(i.shape);
}

// Values for each input by index.
using InputValues = std::map<size_t, NpyArray>;

Status assign_input(const Engine& engine, const std::string& name, NpyArray array, const std::string& where,
                    InputValues& values) {
  std::vector<std::string> names;
  for (size_t i = 0; i < engine.inputs().size(); ++i) {
    const TensorInfo& info = engine.inputs()[i];
    names.push_back(info.name);
    if (info.name != name) continue;
    if (values.count(i))
      return Status::usage("infer.syntax", "input '" + name + "' is given twice", "", where);
    values[i] = std::move(array);
    return Status();
  }
  const std::string near = nearest_word(name, names);
  return Status::usage("infer.unknown-input", "the model has no input '" + name + "'",
                       (near.empty() ? "" : "did you mean " + near + "? ") + "inputs: " + join(names, ", "),
                       where);
}

Result<InputValues> read_inputs(const Engine& engine, const std::vector<std::string>& words) {
  InputValues values;
  for (const std::string& word : words) {
    // The file's name may contain '=' too; an input's name decides where it can.
    std::string name, path = word;
    const size_t eq = word.find('=');
    if (eq != std::string::npos && !file_exists(word)) {
      name = word.substr(0, eq);
      path = word.substr(eq + 1);
      for (const TensorInfo& i : engine.inputs()) {
        if (starts_with(word, i.name + "=")) {
          name = i.name;
          path = word.substr(i.name.size() + 1);
        }
      }
    }
    if (file_extension_lower(path) == ".npz") {
      JETLINE_ASSIGN_OR_RETURN(auto arrays, load_npz(path));
      if (name.empty()) {
        for (NamedArray& a : arrays)
          JETLINE_RETURN_IF_ERROR(assign_input(engine, a.name, std::move(a.array), path, values));
        continue;
      }
      const auto chosen = std::find_if(arrays.begin(), arrays.end(), [&](const NamedArray& a) {
        return arrays.size() == 1 || a.name == name;
      });
      if (chosen == arrays.end()) {
        std::vector<std::string> there;
        for (const NamedArray& a : arrays) there.push_back(a.name);
        return Status::usage("infer.unknown-input", path + " holds no array named '" + name + "'",
                             there.empty() ? "it holds none" : "it holds: " + join(there, ", "), path);
      }
      JETLINE_RETURN_IF_ERROR(assign_input(engine, name, std::move(chosen->array), path, values));
      continue;
    }
    if (name.empty()) {
      if (engine.inputs().size() != 1) {
        return Status::usage("infer.syntax", "'" + word + "' does not say which input it is for",
                             "write NAME=" + path + "; `jetline inspect` lists the names");
      }
      name = engine.inputs()[0].name;
    }
    JETLINE_ASSIGN_OR_RETURN(NpyArray array, load_npy(path));
    JETLINE_RETURN_IF_ERROR(assign_input(engine, name, std::move(array), path, values));
  }
  return values;
}

// bfloat16 has no NumPy type, so float32 stands for it in files; round to nearest, ties to even.
void narrow_to_bf16(const NpyArray& from, void* to) {
  auto* out = static_cast<uint16_t*>(to);
  const size_t n = from.data.size() / 4;
  for (size_t i = 0; i < n; ++i) {
    uint32_t bits;
    std::memcpy(&bits, from.data.data() + 4 * i, 4);
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    if (!nan) bits += 0x7fffu + ((bits >> 16) & 1);
    out[i] = static_cast<uint16_t>(bits >> 16 | (nan ? 0x40 : 0));
  }
}

Status fill_input(Session& session, size_t i, const TensorInfo& info, const NpyArray& array) {
  const bool widened = info.dtype == DType::kBF16 && array.dtype == DType::kF32;
  if (array.dtype != info.dtype && !widened) {
    return Status::usage("engine.bad-type",
                         "input '" + info.name + "' takes " + std::string(dtype_name(info.dtype)) +
                             ", the file holds " + std::string(dtype_name(array.dtype)),
                         "convert it, for example with numpy's astype()");
  }
  JETLINE_RETURN_IF_ERROR(session.set_shape(i, array.shape));
  JETLINE_ASSIGN_OR_RETURN(TensorView view, session.input(i));
  if (widened) {
    narrow_to_bf16(array, view.data);
  } else if (!array.data.empty()) {
    std::memcpy(view.data, array.data.data(), array.data.size());
  }
  return Status();
}

template <typename T, typename F>
void fill_with(const TensorView& v, F&& f) {
  T* p = static_cast<T*>(v.data);
  for (int64_t i = 0, n = v.elements(); i < n; ++i) p[i] = static_cast<T>(f());
}

Status fill_random(Session& session, size_t i, const TensorInfo& info, Random random) {
  auto got = session.input(i);
  if (!got.ok()) {
    return Status::usage(
        "infer.missing-input",
        "input '" + info.name + "' (" + infer_type(info) + ") needs a shape for random numbers",
        "--shape " + info.name + "=1x3x320x320");
  }
  const TensorView v = got.value();
  const auto digit = [&] { return random.integer(0, 9); };
  switch (v.dtype) {
    case DType::kF32:
      fill_with<float>(v, [&] { return random.uniform(); });
      return Status();
    case DType::kF64:
      fill_with<double>(v, [&] { return random.uniform(); });
      return Status();
    case DType::kU8:
      fill_with<uint8_t>(v, [&] { return random.integer(0, 255); });
      return Status();
    case DType::kBool:
      fill_with<uint8_t>(v, [&] { return random.integer(0, 1); });
      return Status();
    case DType::kI8:
      fill_with<int8_t>(v, digit);
      return Status();
    case DType::kI16:
      fill_with<int16_t>(v, digit);
      return Status();
    case DType::kU16:
      fill_with<uint16_t>(v, digit);
      return Status();
    case DType::kI32:
      fill_with<int32_t>(v, digit);
      return Status();
    case DType::kU32:
      fill_with<uint32_t>(v, digit);
      return Status();
    case DType::kI64:
      fill_with<int64_t>(v, digit);
      return Status();
    case DType::kU64:
      fill_with<uint64_t>(v, digit);
      return Status();
    // 0x3800 is 0.5 and 0x3bff the last number below 1; bfloat16 0x3f00 and 0x3f7f likewise.
    case DType::kF16:
      fill_with<uint16_t>(v, [&] { return 0x3800 + random.integer(0, 1023); });
      return Status();
    case DType::kBF16:
      fill_with<uint16_t>(v, [&] { return 0x3f00 + random.integer(0, 127); });
      return Status();
    default:
      return Status::usage("engine.bad-type", "no random numbers of type " + std::string(dtype_name(v.dtype)),
                           "give input '" + info.name + "' a file");
  }
}

// Texts are the one thing that engines take and give and that NumPy files cannot hold.
Status refuse_texts(const Engine& engine) {
  for (const bool in : {true, false}) {
    for (const TensorInfo& t : in ? engine.inputs() : engine.outputs()) {
      if (t.dtype != DType::kString && t.dtype != DType::kUndefined) continue;
      const std::string what = t.dtype == DType::kString ? "texts (string tensors)" : "no tensor of numbers";
      return Status::bad_input("engine.bad-type",
                               std::string(in ? "input '" : "output '") + t.name + "' holds " + what +
                                   ", which .npy files and jetline cannot pass",
                               "cut the model so that it takes and gives numbers");
    }
  }
  return Status();
}

}  // namespace

Result<InferResult> infer(const InferOptions& o) {
  JETLINE_ASSIGN_OR_RETURN(auto engine, Engine::load(o.model, o.engine));
  JETLINE_RETURN_IF_ERROR(refuse_texts(*engine));
  JETLINE_ASSIGN_OR_RETURN(const InputValues values, read_inputs(*engine, o.inputs));
  JETLINE_ASSIGN_OR_RETURN(auto session, engine->create_session());
  InferResult r;
  r.conditions = engine->conditions();
  const Random random(o.seed);
  for (size_t i = 0; i < engine->inputs().size(); ++i) {
    const TensorInfo& info = engine->inputs()[i];
    const auto given = values.find(i);
    if (given != values.end()) {
      JETLINE_RETURN_IF_ERROR(fill_input(*session, i, info, given->second));
    } else if (o.random) {
      JETLINE_RETURN_IF_ERROR(fill_random(*session, i, info, random.fork(i)));
    } else {
      return Status::usage("infer.missing-input",
                           "input '" + info.name + "' (" + infer_type(info) + ") is not given",
                           "--in " + info.name + "=FILE.npy, or --random SEED");
    }
    JETLINE_ASSIGN_OR_RETURN(const TensorView view, session->input(i));
    r.inputs.push_back(summarize(view, info.name));
  }
  for (int i = 0; i < o.repeat; ++i) {
    if (o.cancel && o.cancel->cancelled()) return Status::cancelled();
    const Nanos start = real_clock().now();
    JETLINE_RETURN_IF_ERROR(session->run());
    r.times.push_back(real_clock().now() - start);
  }
  for (size_t i = 0; i < engine->outputs().size(); ++i) {
    JETLINE_ASSIGN_OR_RETURN(const TensorView view, session->output(i));
    r.outputs.push_back(summarize(view, engine->outputs()[i].name));
    NpyArray a;
    a.dtype = view.dtype;
    a.shape.assign(view.shape.begin(), view.shape.end());
    const auto* bytes = static_cast<const uint8_t*>(view.data);
    a.data.assign(bytes, bytes + view.bytes());
    JETLINE_ASSIGN_OR_RETURN(a, to_numpy(std::move(a)));
    r.arrays.push_back({engine->outputs()[i].name, std::move(a)});
  }
  return r;
}

Status check_output_name(const std::string& path) {
  const std::string ext = file_extension_lower(path);
  if (ext == ".npz" || ext == ".npy") return Status();
  return Status::usage("infer.syntax", "outputs go to an .npz file, or a single one to an .npy", "", path);
}

Status save_outputs(const InferResult& r, const std::string& path, FileSystem& fs) {
  std::vector<NpyView> views;
  for (const NamedArray& a : r.arrays)
    views.push_back({a.name, a.array.dtype, a.array.shape, ByteView(a.array.data)});
  const std::string ext = file_extension_lower(path);
  if (ext == ".npz") return save_npz(views, path, fs);
  if (ext == ".npy" && views.size() == 1) return save_npy(views[0], path, fs);
  JETLINE_RETURN_IF_ERROR(check_output_name(path));
  return Status::usage("infer.syntax", "outputs go to an .npz file; one .npy holds one array only", "", path);
}

Status parse_shape_option(const std::string& text, std::map<std::string, std::vector<int64_t>>& shapes) {
  const size_t eq = text.rfind('=');
  if (eq == std::string::npos || eq == 0) {
    return Status::usage("infer.syntax", "'" + text + "' is not NAME=1x3x320x320");
  }
  std::vector<int64_t> dims;
  if (!parse_dims(text.substr(eq + 1), dims))
    return Status::usage("infer.syntax", "'" + text + "': dimensions are numbers from 1",
                         "for example NAME=1x3x320x320 or NAME=1,3,320,320");
  shapes[text.substr(0, eq)] = dims;
  return Status();
}

}  // namespace jetline

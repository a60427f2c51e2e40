#include "jetline/engine/tensorrt/double/double_plan.h"

#include <cstdio>
#include <cstring>
#include <sstream>

#include "jetline/base/hash.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/inspect.h"
#include "jetline/graph/onnx_file.h"

namespace trt_double {
namespace {

jetline::ByteView view_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

void put_shapes(std::ostringstream& out, const ShapeSet& set) {
  out << set.size() << ' ';
  for (const auto& [name, dims] : set) {
    out << name << ' ' << dims.size() << ' ';
    for (int64_t d : dims) out << d << ' ';
  }
}

void get_shapes(std::istringstream& in, ShapeSet& set) {
  size_t n = 0;
  in >> n;
  for (size_t i = 0; i < n && in; ++i) {
    std::string name;
    size_t rank = 0;
    in >> name >> rank;
    std::vector<int64_t> dims(rank < 16 ? rank : 0);
    for (int64_t& d : dims) in >> d;
    set[name] = dims;
  }
}

class HostMemory : public Counted<nvinfer1::IHostMemory> {
 public:
  explicit HostMemory(std::string bytes) : bytes_(std::move(bytes)) {}
  void* data() const noexcept override { return const_cast<char*>(bytes_.data()); }
  std::size_t size() const noexcept override { return bytes_.size(); }

 private:
  std::string bytes_;
};

std::string release_bytes() {
  std::string head(28, '\0');
  std::memcpy(&head[0], NV_TENSORRT_VERSION >= 8600 ? "ftrt" : "oldp", 4);
  head[24] = NV_TENSORRT_MAJOR;
  head[25] = NV_TENSORRT_MINOR;
  head[26] = NV_TENSORRT_PATCH;
  head[27] = NV_TENSORRT_BUILD;
  return head;
}

}  // namespace

std::string pack_plan(const PlanContent& c) {
  std::ostringstream facts;
  facts << c.fp16 << ' ' << c.compute_major << ' ' << c.compute_minor << ' ' << c.profiles.size() << ' ';
  for (const Profile& p : c.profiles) {
    put_shapes(facts, p.min);
    put_shapes(facts, p.opt);
    put_shapes(facts, p.max);
  }
  std::string bytes = release_bytes() + facts.str() + "\n" + c.onnx;
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08x", jetline::crc32c(view_of(bytes)));
  return bytes + crc;
}

std::string unpack_plan(const void* data, size_t size, PlanContent& c) {
  const std::string bytes(static_cast<const char*>(data), size);
  const std::string head = release_bytes();
  if (size < head.size() + 9 || bytes.compare(0, 4, head, 0, 4) != 0) return "Magic tag does not match";
  if (bytes.compare(0, head.size(), head) != 0)
    return "Version tag does not match. Note: Current Version: 1, Serialized Engine Version: 2";
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08x", jetline::crc32c(view_of(bytes.substr(0, size - 8))));
  if (bytes.compare(size - 8, 8, crc) != 0) return "Serialized engine contains corrupted data";
  const size_t end = bytes.find('\n', head.size());
  if (end == std::string::npos) return "Serialized engine contains corrupted data";
  std::istringstream facts(bytes.substr(head.size(), end - head.size()));
  size_t profiles = 0;
  facts >> c.fp16 >> c.compute_major >> c.compute_minor >> profiles;
  for (size_t i = 0; i < profiles && facts; ++i) {
    Profile p;
    get_shapes(facts, p.min);
    get_shapes(facts, p.opt);
    get_shapes(facts, p.max);
    c.profiles.push_back(std::move(p));
  }
  c.onnx = bytes.substr(end + 1, size - 8 - end - 1);
  if (c.compute_major != faults().compute_major || c.compute_minor != faults().compute_minor)
    return "The engine plan file is generated on an incompatible device, please rebuild.";
  return "";
}

nvinfer1::DataType to_double_type(jetline::DType type) {
  switch (type) {
    case jetline::DType::kF16:
      return nvinfer1::DataType::kHALF;
    case jetline::DType::kI8:
      return nvinfer1::DataType::kINT8;
    case jetline::DType::kI32:
      return nvinfer1::DataType::kINT32;
    case jetline::DType::kBool:
      return nvinfer1::DataType::kBOOL;
#if TRT_DOUBLE_SINCE(805)
    case jetline::DType::kU8:
      return nvinfer1::DataType::kUINT8;
#endif
#if TRT_DOUBLE_SINCE(1000)
    case jetline::DType::kI64:
      return nvinfer1::DataType::kINT64;
    case jetline::DType::kBF16:
      return nvinfer1::DataType::kBF16;
#else
    case jetline::DType::kI64:
      return nvinfer1::DataType::kINT32;
#endif
    default:
      return nvinfer1::DataType::kFLOAT;
  }
}

nvinfer1::Dims to_double_dims(const std::vector<int64_t>& dims) {
  nvinfer1::Dims out = {};
  out.nbDims = static_cast<int32_t>(dims.size());
  for (size_t i = 0; i < dims.size() && i < nvinfer1::Dims::MAX_DIMS; ++i)
    out.d[i] = static_cast<nvinfer1::DimValue>(dims[i]);
  return out;
}

std::vector<int64_t> from_double_dims(const nvinfer1::Dims& dims) {
  return {dims.d, dims.d + (dims.nbDims > 0 ? dims.nbDims : 0)};
}

std::unique_ptr<jetline::Model> shaped_model(const std::string& onnx, const ShapeSet& shapes) {
  auto bytes = std::make_shared<std::string>(onnx);
  auto model = jetline::load_onnx_bytes(view_of(*bytes), bytes);
  if (!model.ok()) return nullptr;
  jetline::InputShapes given(shapes.begin(), shapes.end());
  if (!jetline::set_input_shapes(**model, given).ok()) return nullptr;
  (void)jetline::infer_shapes(**model);
  return std::move(*model);
}

nvinfer1::IHostMemory* make_host_memory(std::string bytes) {
  return new HostMemory(std::move(bytes));
}

void say(nvinfer1::ILogger& logger, nvinfer1::ILogger::Severity severity, const std::string& text) {
  logger.log(severity, text.c_str());
}

}  // namespace trt_double

#include "jetline/engine/openvino/ov_session.h"

#include <algorithm>

namespace jetline::ov_engine {
namespace {

Status ov_index_error(const char* kind, size_t index, size_t count) {
  return Status::usage("engine.bad-shape", std::string("there is no ") + kind + " " + std::to_string(index) +
                                               "; the model has " + std::to_string(count));
}

// A model that asks for this much for one tensor is broken or hostile.
constexpr int64_t kMaxTensorBytes = int64_t{1} << 36;

// False on overflow or a negative size.
bool checked_bytes(Span<const int64_t> dims, DType type, int64_t& bytes) {
  int64_t n = 1;
  for (int64_t d : dims) {
    if (d < 0 || (d > 0 && n > kMaxTensorBytes / d)) return false;
    n *= d;
  }
  bytes = dtype_bytes(type, n);
  return bytes <= kMaxTensorBytes;
}

}  // namespace

Result<std::unique_ptr<Session>> OvSession::create(ov::CompiledModel& model,
                                                   const std::vector<TensorInfo>& inputs,
                                                   const std::vector<TensorInfo>& outputs) {
  std::unique_ptr<OvSession> s(new OvSession(inputs, outputs));
  JETLINE_RETURN_IF_ERROR(
      guarded(ErrorKind::kInternal, "engine.run-failed", "cannot create a session", "", [&] {
        s->request_ = model.create_infer_request();
        const auto fixed = [](const TensorInfo& i, const ov::PartialShape& p) {
          int64_t bytes = 0;
          return p.is_static() && checked_bytes(i.shape, i.dtype, bytes);
        };
        for (size_t i = 0; i < inputs.size(); ++i) {
          if (fixed(inputs[i], model.inputs()[i].get_partial_shape()))
            fill(s->in_[i], s->request_.get_input_tensor(i));
        }
        for (size_t i = 0; i < outputs.size(); ++i) {
          s->out_[i].dynamic = !fixed(outputs[i], model.outputs()[i].get_partial_shape());
          if (!s->out_[i].dynamic) fill(s->out_[i], s->request_.get_output_tensor(i));
        }
        return Status();
      }));
  return std::unique_ptr<Session>(std::move(s));
}

void OvSession::fill(Slot& slot, const ov::Tensor& tensor) {
  slot.tensor = tensor;
  const ov::Shape& shape = slot.tensor.get_shape();
  slot.dims.assign(shape.begin(), shape.end());
  slot.data = slot.tensor.get_element_type() == ov::element::string ? nullptr : slot.tensor.data();
  slot.ready = true;
}

Result<TensorView> OvSession::view(const Slot& slot, const TensorInfo& info, const char* kind) {
  if (info.dtype == DType::kString || info.dtype == DType::kUndefined) {
    return Status::bad_input("engine.bad-type",
                             std::string(kind) + " '" + info.name + "' has a type that cannot be passed (" +
                                 std::string(dtype_name(info.dtype)) + ")",
                             "cut the model so that it takes and gives numbers");
  }
  TensorView v;
  v.data = slot.data;
  v.dtype = info.dtype;
  v.shape = Span<const int64_t>(slot.dims.data(), slot.dims.size());
  return v;
}

Status OvSession::set_shape(size_t index, Span<const int64_t> dims) {
  if (index >= in_.size()) return ov_index_error("input", index, in_.size());
  Slot& slot = in_[index];
  const TensorInfo& info = in_info_[index];
  if (slot.ready && std::equal(dims.begin(), dims.end(), slot.dims.begin(), slot.dims.end())) return Status();
  bool fits = dims.size() == info.shape.size() || info.shape.empty();
  for (size_t i = 0; fits && i < info.shape.size(); ++i) {
    fits = dims[i] >= 0 && (info.shape[i] < 0 || info.shape[i] == dims[i]);
  }
  int64_t bytes = 0;
  if (!fits || !checked_bytes(dims, info.dtype, bytes)) {
    return Status::usage("engine.bad-shape", "input '" + info.name + "' takes " + shape_text(info.shape) +
                                                 ", not " + shape_text(dims));
  }
  return guarded(ErrorKind::kBadInput, "engine.bad-shape", "cannot shape input '" + info.name + "'", "", [&] {
    ov::Shape shape(dims.begin(), dims.end());
    ov::Tensor tensor(to_ov(info.dtype), shape);
    request_.set_input_tensor(index, tensor);
    fill(slot, tensor);
    has_run_ = false;
    return Status();
  });
}

Result<TensorView> OvSession::input(size_t index) {
  if (index >= in_.size()) return ov_index_error("input", index, in_.size());
  if (!in_[index].ready) {
    return Status::usage("engine.bad-shape", "input '" + in_info_[index].name + "' " +
                                                 shape_text(in_info_[index].shape) +
                                                 " is dynamic and has no memory before it is given a shape");
  }
  return view(in_[index], in_info_[index], "input");
}

Status OvSession::check_ready() const {
  for (size_t i = 0; i < in_.size(); ++i) {
    if (!in_[i].ready) {
      return Status::usage("engine.bad-shape", "input '" + in_info_[i].name + "' was never given a shape");
    }
  }
  return Status();
}

// Outputs of fixed shape stay where they are unless the vendor moved them; looking is cheap.
Status OvSession::take_outputs() {
  return guarded(ErrorKind::kInternal, "engine.run-failed", "cannot fetch the outputs", "", [&] {
    for (size_t i = 0; i < out_.size(); ++i) {
      if (out_[i].dynamic) fill(out_[i], request_.get_output_tensor(i));
    }
    has_run_ = true;
    return Status();
  });
}

Status OvSession::run() {
  JETLINE_RETURN_IF_ERROR(check_ready());
  if (in_flight_) JETLINE_RETURN_IF_ERROR(wait());
  JETLINE_RETURN_IF_ERROR(
      guarded(ErrorKind::kBadInput, "engine.run-failed", "the model failed while running", "", [&] {
        request_.infer();
        return Status();
      }));
  return take_outputs();
}

Status OvSession::start() {
  JETLINE_RETURN_IF_ERROR(check_ready());
  if (in_flight_) JETLINE_RETURN_IF_ERROR(wait());
  return guarded(ErrorKind::kBadInput, "engine.run-failed", "the model failed to start", "", [&] {
    request_.start_async();
    in_flight_ = true;
    return Status();
  });
}

Status OvSession::wait() {
  if (!in_flight_) return has_run_ ? Status() : Status::usage("engine.run-failed", "wait() without start()");
  in_flight_ = false;
  JETLINE_RETURN_IF_ERROR(
      guarded(ErrorKind::kBadInput, "engine.run-failed", "the model failed while running", "", [&] {
        request_.wait();
        return Status();
      }));
  return take_outputs();
}

Result<TensorView> OvSession::output(size_t index) {
  if (index >= out_.size()) return ov_index_error("output", index, out_.size());
  if (!has_run_) {
    return Status::usage("engine.run-failed",
                         "output '" + out_info_[index].name + "' is not there before a run");
  }
  return view(out_[index], out_info_[index], "output");
}

}  // namespace jetline::ov_engine

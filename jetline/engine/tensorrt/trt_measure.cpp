#include "jetline/engine/tensorrt/trt_measure.h"

#include <algorithm>
#include <functional>

#include "jetline/base/clock.h"
#include "jetline/engine/tensorrt/trt_session.h"

namespace jetline {
namespace trt {

Result<PlanTimes> measure(const ModelSource& source, const EngineOptions& options, const MeasureOptions& m);

namespace {

double median_of(std::vector<double> v) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

// The vendor's calls and nothing else.
class BareLoop {
 public:
  explicit BareLoop(LoadedPlan& plan) : plan_(plan) {}

  Status create() {
    JETLINE_RETURN_IF_ERROR(stream_.create());
    JETLINE_RETURN_IF_ERROR(
        io_.create(*plan_.engine, plan_.ports, 0, plan_.profiles, complaints_, stream_.get()));
    buffers_.resize(plan_.ports.size());
    bytes_.resize(plan_.ports.size());
    for (size_t i = 0; i < plan_.ports.size(); ++i) {
      const TensorInfo& t = plan_.ports[i].info;
      int64_t n = 1;
      for (int64_t d : t.shape) {
        if (d < 0) return Status::usage("engine.bad-shape", "only plans of fixed shapes can be measured");
        n *= d;
      }
      bytes_[i] = static_cast<size_t>(dtype_bytes(t.dtype, n));
      JETLINE_RETURN_IF_ERROR(buffers_[i].reserve(bytes_[i], false));
      if (!io_.set_address(i, buffers_[i].device()))
        return complaints_.to_status(ErrorKind::kBadInput, "engine.run-failed", "cannot place a tensor", "");
    }
    return Status();
  }

  bool enqueue() { return io_.enqueue(stream_.get()); }
  bool enqueue_with_copies() {
    bool good = true;
    for (size_t i : plan_.inputs)
      good = good && cudaMemcpyAsync(buffers_[i].device(), buffers_[i].host(), bytes_[i],
                                     cudaMemcpyHostToDevice, stream_.get()) == cudaSuccess;
    good = good && enqueue();
    for (size_t i : plan_.outputs)
      good = good && cudaMemcpyAsync(buffers_[i].host(), buffers_[i].device(), bytes_[i],
                                     cudaMemcpyDeviceToHost, stream_.get()) == cudaSuccess;
    return good;
  }
  bool synchronize() { return cudaStreamSynchronize(stream_.get()) == cudaSuccess; }
  cudaStream_t stream() const { return stream_.get(); }

 private:
  LoadedPlan& plan_;
  Complaints complaints_;
  Stream stream_;
  ContextIo io_;
  std::vector<IoBuffer> buffers_;
  std::vector<size_t> bytes_;
};

class Contest {
 public:
  explicit Contest(const MeasureOptions& m) : m_(m) {}
  void add(double* result, std::function<bool()> once) { kinds_.push_back({result, std::move(once), {}}); }
  // In turn, so that a clock that drifts touches all of them.
  bool run() {
    for (int round = 0; round < m_.rounds; ++round) {
      for (Kind& k : kinds_) {
        for (int i = 0; i < m_.warm_up; ++i) {
          if (!k.once()) return false;
        }
        std::vector<double> times;
        times.reserve(static_cast<size_t>(m_.runs));
        for (int i = 0; i < m_.runs; ++i) {
          const Nanos begun = real_clock().now();
          if (!k.once()) return false;
          times.push_back(static_cast<double>(real_clock().now() - begun) / 1000);
        }
        k.medians.push_back(median_of(std::move(times)));
      }
    }
    for (Kind& k : kinds_) *k.result = median_of(std::move(k.medians));
    return true;
  }

 private:
  struct Kind {
    double* result;
    std::function<bool()> once;
    std::vector<double> medians;
  };
  const MeasureOptions& m_;
  std::vector<Kind> kinds_;
};

}  // namespace

Result<PlanTimes> measure(const ModelSource& source, const EngineOptions& options, const MeasureOptions& m) {
  JETLINE_ASSIGN_OR_RETURN(auto loaded, TrtEngine::load(source, options));
  LoadedPlan& plan = *static_cast<TrtEngine&>(*loaded).plan();
  BareLoop bare(plan);
  JETLINE_RETURN_IF_ERROR(bare.create());
  if (!bare.enqueue_with_copies() || !bare.synchronize())
    return Status::bad_input("engine.run-failed", "the plan does not run");
  Graph layers, copies;
  const bool has_layers = layers.capture(bare.stream(), [&] { return bare.enqueue(); });
  const bool has_copies = copies.capture(bare.stream(), [&] { return bare.enqueue_with_copies(); });

  plan.graphs = false;
  JETLINE_ASSIGN_OR_RETURN(auto plain, loaded->create_session());
  JETLINE_RETURN_IF_ERROR(plain->run());  // decides there and then to do without
  plan.graphs = true;
  JETLINE_ASSIGN_OR_RETURN(auto session, loaded->create_session());
  JETLINE_ASSIGN_OR_RETURN(auto first, loaded->create_session());
  JETLINE_ASSIGN_OR_RETURN(auto second, loaded->create_session());
  for (int i = 0; i < 2; ++i) {
    JETLINE_RETURN_IF_ERROR(first->run());
    JETLINE_RETURN_IF_ERROR(second->run());
  }

  PlanTimes t;
  t.rounds = m.rounds;
  t.runs_per_round = m.runs;
  Contest contest(m);
  contest.add(&t.bare_enqueue, [&] { return bare.enqueue() && bare.synchronize(); });
  if (has_layers)
    contest.add(&t.bare_enqueue_graph,
                [&] { return layers.launch(bare.stream()) == cudaSuccess && bare.synchronize(); });
  contest.add(&t.bare_copies, [&] { return bare.enqueue_with_copies() && bare.synchronize(); });
  if (has_copies)
    contest.add(&t.bare_copies_graph,
                [&] { return copies.launch(bare.stream()) == cudaSuccess && bare.synchronize(); });
  contest.add(&t.session_plain, [&] { return plain->run().ok(); });
  contest.add(&t.session, [&] { return session->run().ok(); });
  // One call is one run finished and one begun, so the time between calls is the time per run.
  bool turn = false;
  JETLINE_RETURN_IF_ERROR(first->start());
  contest.add(&t.two_in_flight, [&] {
    Session& begun = turn ? *first : *second;
    Session& done = turn ? *second : *first;
    turn = !turn;
    return begun.start().ok() && done.wait().ok();
  });
  if (!contest.run()) return Status::bad_input("engine.run-failed", "the plan stopped running");
  return t;
}

}  // namespace trt
}  // namespace jetline

extern "C" __attribute__((visibility("default"))) void jetline_engine_measure(
    const jetline::ModelSource* source, const jetline::EngineOptions* options,
    const jetline::MeasureOptions* m, jetline::PlanTimes* times, jetline::Status* status) {
  auto measured = jetline::trt::measure(*source, *options, *m);
  *status = measured.status();
  if (measured.ok()) *times = *measured;
}

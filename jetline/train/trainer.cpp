#include "jetline/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "jetline/base/strings.h"
#include "jetline/train/curve_svg.h"
#include "jetline/train/options_text.h"
#include "jetline/train/validate.h"

namespace jetline {
namespace {

std::string cpu_name() {
  const auto text = read_file("/proc/cpuinfo", 16 << 20);
  if (!text.ok()) return "";
  for (const std::string& line : split(*text, '\n')) {
    if (starts_with(line, "model name") && line.find(':') != std::string::npos) {
      return std::string(trim(line.substr(line.find(':') + 1)));
    }
  }
  return "";
}

}  // namespace

Trainer::Trainer(const TrainOptions& options, const Dataset& training, const Dataset& validation,
                 Progress& progress, CancelToken& cancel, const jl_torch_api* api)
    : options_(options),
      training_(training),
      validation_(validation),
      progress_(progress),
      cancel_(cancel),
      api_(api),
      last_path_(join_path(options.output, "last.ckpt")),
      best_path_(join_path(options.output, "best.ckpt")),
      curve_path_(join_path(options.output, "curve.svg")) {}
Trainer::~Trainer() = default;

double Trainer::elapsed_seconds() const {
  return static_cast<double>(real_clock().now() - started_) / kSecond;
}

Status Trainer::prepare() {
  started_ = real_clock().now();
  JETLINE_RETURN_IF_ERROR(check_train_options(options_, training_));
  JETLINE_ASSIGN_OR_RETURN(net_,
                           make_detector_net(options_.size, static_cast<int>(training_.classes.size())));
  // The module first: a machine without it should say so before minutes of decoding.
  if (api_) {
    JETLINE_ASSIGN_OR_RETURN(backend_, NetBackend::create(net_, options_.threads, api_));
  } else {
    JETLINE_ASSIGN_OR_RETURN(backend_, NetBackend::create(net_, options_.threads));
  }
  const std::string text = canonical_options(options_, training_, validation_);
  optimizer_ = AdamW(net_, options_.weight_decay);
  if (options_.resume) {
    JETLINE_ASSIGN_OR_RETURN(state_, load_checkpoint(last_path_));
    JETLINE_RETURN_IF_ERROR(compare_options(state_.options, text, last_path_));
    if (state_.first.empty()) {
      return Status::bad_input("checkpoint.weights", last_path_ + " holds weights alone, not a run to resume",
                               "", last_path_);
    }
    optimizer_.first = state_.first;
    optimizer_.second = state_.second;
  } else {
    state_ = Checkpoint();
    state_.card = training_card(options_, training_.classes);
    state_.card.head_params["strides"].assign(net_.strides.begin(), net_.strides.end());
    state_.net_size = options_.size;
    state_.options = text;
    init_weights(net_, options_.seed, state_.parameters, state_.buffers);
    state_.ema_parameters = state_.parameters;
    state_.ema_buffers = state_.buffers;
  }
  JETLINE_RETURN_IF_ERROR(fs().make_directories(options_.output));
  const InputSpec& input = state_.card.input;
  const int threads = std::max(options_.threads, options_.loader_threads);
  JETLINE_ASSIGN_OR_RETURN(cache_,
                           ImageCache::load(training_, input, threads, "read pictures", progress_, cancel_));
  JETLINE_ASSIGN_OR_RETURN(validation_cache_, ImageCache::load(validation_, input, threads, "read validation",
                                                               progress_, cancel_));
  const int64_t n = static_cast<int64_t>(training_.images.size());
  if (options_.steps > 0) state_.total_steps = options_.steps;
  if (options_.epochs > 0) state_.total_steps = (options_.epochs * n + options_.batch - 1) / options_.batch;
  if (options_.minutes > 0 && state_.total_steps == 0) state_.total_steps = 1000;  // until the pace is known
  evaluate_every_ = options_.evaluate_every > 0 ? options_.evaluate_every
                                                : std::max<int64_t>(25, (state_.total_steps + 9) / 10);
  point_every_ = std::max<int64_t>(1, evaluate_every_ / 10);
  first_step_ = state_.step;
  loss_ = std::make_unique<DetectionLoss>(make_anchors(net_, input.width, input.height), net_.classes);
  if (options_.window_width > 0) {
    window_loss_ = std::make_unique<DetectionLoss>(
        make_anchors(net_, options_.window_width, options_.window_height), net_.classes);
  }
  windows_until_ = window_steps(state_.total_steps);
  pace_step_ = state_.step;
  loader_ = std::make_unique<BatchLoader>(
      cache_, input, options_.augment,
      LoaderOptions{options_.batch, options_.seed, options_.loader_threads, options_.window_width,
                    options_.window_height, windows_until_},
      state_.step, state_.total_steps - state_.total_steps / 5);
  return backend_->set_state(state_.parameters, state_.buffers);
}

void Trainer::plan(double elapsed) {
  if (options_.minutes <= 0) return;
  if (state_.step == windows_until_) {  // steps cost more from here on: a new look at the pace
    pace_step_ = state_.step;
    pace_elapsed_ = elapsed;
  }
  const int64_t done = state_.step - pace_step_;
  const double left = options_.minutes * 60 - state_.trained_seconds - elapsed;
  if (left <= 0) {
    state_.total_steps = state_.step;
    return;
  }
  if (done < 20 || done % 20 != 0) return;  // a first look at the pace, then corrections
  const double pace = (elapsed - pace_elapsed_) / static_cast<double>(done);
  double steps = left / pace;
  if (state_.step < windows_until_) {
    // With p the part on windows and r how much dearer a whole picture is (its area), T steps in all take
    // (p T - step + r (1 - p) T) pace.
    const double r = static_cast<double>(options_.width) * options_.height /
                     (static_cast<double>(options_.window_width) * options_.window_height);
    const double p = options_.window_part;
    const auto step = static_cast<double>(state_.step);
    steps = (steps + step) / (p + (1 - p) * r) - step;
  }
  state_.total_steps = state_.step + std::max<int64_t>(1, static_cast<int64_t>(steps));
  if (state_.step < windows_until_) {
    windows_until_ = std::max(state_.step + 1, window_steps(state_.total_steps));
    loader_->stop_windows_at(windows_until_);
  }
  loader_->stop_mosaic_at(state_.total_steps - state_.total_steps / 5);
}

int64_t Trainer::window_steps(int64_t total) const {
  if (options_.window_width <= 0) return 0;
  return static_cast<int64_t>(options_.window_part * static_cast<double>(total));
}

Status Trainer::one_step() {
  const Batch& batch = loader_->next();
  JETLINE_RETURN_IF_ERROR(
      backend_->forward(batch.images.data(), options_.batch, batch.height, batch.width, true, predictions_));
  // A loader ahead of a changed plan may still hand out windows: the batch says what it is.
  const bool window = batch.width != options_.width || batch.height != options_.height;
  const LossValue loss = (window ? window_loss_ : loss_)->compute(predictions_, batch.truths, gradient_);
  if (!std::isfinite(loss.total)) {
    return Status::negative("train.diverged",
                            "the loss is not a number any more at step " + std::to_string(state_.step),
                            "try a smaller --lr; " + last_path_ + " holds the last good state");
  }
  JETLINE_RETURN_IF_ERROR(backend_->backward(gradient_, parameter_gradient_));
  last_lr_ = cosine_lr(state_.step, state_.total_steps,
                       std::min(options_.warmup_steps, state_.total_steps / 5), options_.lr);
  last_loss_ = loss.total;
  state_.loss_sum += loss.total;
  ++state_.loss_steps;
  ++state_.step;
  optimizer_.update(state_.parameters, parameter_gradient_, state_.step, last_lr_);
  JETLINE_RETURN_IF_ERROR(backend_->get_buffers(state_.buffers));
  ema_update(state_.ema_parameters, state_.parameters, state_.step, options_.ema_decay);
  ema_update(state_.ema_buffers, state_.buffers, state_.step, options_.ema_decay);
  return backend_->set_state(state_.parameters, {});
}

Status Trainer::evaluate(TrainPoint& point) {
  if (!options_.metric || validation_.images.empty()) return Status();
  JETLINE_RETURN_IF_ERROR(backend_->set_state(state_.ema_parameters, state_.ema_buffers));
  JETLINE_ASSIGN_OR_RETURN(const auto detections, detect_all(*backend_, net_, validation_cache_,
                                                             state_.card.input, DecodeOptions(), cancel_));
  JETLINE_RETURN_IF_ERROR(backend_->set_state(state_.parameters, state_.buffers));
  const ValidationFigures figures = options_.metric(validation_, detections);
  point.AP = figures.AP;
  if (figures.AP >= state_.best.AP) {  // the threshold that suits the weights which will ship
    state_.card.score_threshold = best_f1_threshold(validation_, detections, state_.card.score_threshold);
  }
  point.AP50 = figures.AP50;
  return Status();
}

Status Trainer::after_step(double elapsed) {
  const bool last = state_.step >= state_.total_steps;
  bool now = state_.step % evaluate_every_ == 0;
  if (options_.minutes > 0 && options_.evaluate_every <= 0) {
    now = elapsed + state_.trained_seconds >=
          (evaluations_ + 1) * options_.minutes * 6;  // tenths of the budget
    evaluations_ += now;
  }
  if (last || now || state_.step % point_every_ == 0) {
    TrainPoint point;
    point.step = state_.step;
    point.epoch =
        static_cast<double>(state_.step) * options_.batch / static_cast<double>(training_.images.size());
    point.loss = state_.loss_sum / static_cast<double>(std::max<int64_t>(state_.loss_steps, 1));
    point.lr = last_lr_;
    if (last || now) JETLINE_RETURN_IF_ERROR(evaluate(point));
    state_.loss_sum = 0;
    state_.loss_steps = 0;
    state_.history.push_back(point);
    const bool measured = point.AP >= 0;
    const bool better = measured ? point.AP >= state_.best.AP : last && state_.best.AP < 0;
    if (better) {
      state_.best = point;
      Checkpoint best = state_;  // weights without the moments: what export and verify need
      best.first.clear();
      best.second.clear();
      JETLINE_RETURN_IF_ERROR(save_checkpoint(best, best_path_, fs()));
    }
    if (last || now) {
      JETLINE_RETURN_IF_ERROR(write_file(
          curve_path_, training_curve_svg(state_.history, "training of " + state_.card.name), fs()));
    }
  }
  if (last || state_.step % options_.checkpoint_every == 0) return save_last();
  return Status();
}

Status Trainer::save_last() {
  state_.first = optimizer_.first;
  state_.second = optimizer_.second;
  const double before = state_.trained_seconds;
  state_.trained_seconds = before + elapsed_seconds();
  const Status s = save_checkpoint(state_, last_path_, fs());
  state_.trained_seconds = before;
  return s;
}

Status Trainer::run() {
  JETLINE_RETURN_IF_ERROR(prepare());
  while (state_.step < state_.total_steps) {
    // A test of what a sudden death leaves behind; nothing is flushed or closed.
    if (options_.kill_at_step == state_.step) std::raise(SIGKILL);
    if (cancel_.cancelled()) {
      JETLINE_RETURN_IF_ERROR(save_last());
      return Status::cancelled("stopped at step " + std::to_string(state_.step) + "; --resume goes on from " +
                               last_path_);
    }
    JETLINE_RETURN_IF_ERROR(one_step());
    const double elapsed = elapsed_seconds();
    plan(elapsed);
    Status s = after_step(elapsed);
    if (s.kind() == ErrorKind::kCancelled) continue;  // stopped inside an evaluation: the branch above saves
    JETLINE_RETURN_IF_ERROR(s);
    char note[96];
    if (state_.best.AP >= 0) {
      std::snprintf(note, sizeof note, "loss %.3f  best AP %.3f  AP50 %.3f", last_loss_, state_.best.AP,
                    state_.best.AP50);
    } else {
      std::snprintf(note, sizeof note, "loss %.3f", last_loss_);
    }
    progress_.report("train", state_.step, state_.total_steps, note);
  }
  return Status();
}

TrainResult Trainer::result() const {
  TrainResult r;
  r.checkpoint = best_path_;
  r.last_checkpoint = last_path_;
  r.curve = curve_path_;
  r.parameters = net_.parameter_count;
  r.steps = state_.step;
  r.images = static_cast<int64_t>(training_.images.size());
  r.validation_images = static_cast<int64_t>(validation_.images.size());
  r.seconds = elapsed_seconds();
  r.images_per_second =
      static_cast<double>((state_.step - first_step_) * options_.batch) / std::max(r.seconds, 1e-9);
  r.best = state_.best;
  r.history = state_.history;
  const std::string cpu = cpu_name();
  if (!cpu.empty()) r.conditions["cpu"] = cpu;
  r.conditions["backend"] = NetBackend::version();
  r.conditions["threads"] = std::to_string(options_.threads);
  r.conditions["loader_threads"] = std::to_string(options_.loader_threads);
  r.conditions["batch"] = std::to_string(options_.batch);
  r.conditions["input"] = std::to_string(options_.width) + "x" + std::to_string(options_.height);
  if (options_.window_width > 0) {
    r.conditions["window"] = std::to_string(options_.window_width) + "x" +
                             std::to_string(options_.window_height) + " in the first " +
                             std::to_string(windows_until_) + " steps";
  }
  r.conditions["network"] = options_.size;
  r.conditions["seed"] = std::to_string(options_.seed);
  return r;
}

}  // namespace jetline

// The moving part of the simulation: the robot in its room, with the camera and the wheels as devices. Time
// comes from outside: advance_to() moves the world to a moment. Thread-safe, because in real time the
// physics, the camera and the supervisor live on different threads.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "jetline/devices/camera.h"
#include "jetline/devices/motors.h"
#include "jetline/sim/episode.h"
#include "jetline/sim/renderer.h"

namespace jetline::sim {

struct PathPoint {
  Nanos time = 0;
  Pose2 pose;
};

class World {
 public:
  World(const Episode& episode, Nanos now);

  // Moves in steps of at most 5 ms. A collision stops the robot where it touches; it stays until the wheels
  // pull it away.
  void advance_to(Nanos now);
  void set_duty(const WheelDuty& duty);

  const Episode& episode() const { return episode_; }
  Pose2 pose() const;
  Twist twist() const;
  // Pose at an earlier moment, up to a second ago.
  Pose2 pose_at(Nanos time, Twist* twist = nullptr) const;
  int collisions() const;               // times that the robot began to touch something
  int touched_first() const;            // object index, -1 wall, -2 nothing yet
  std::vector<PathPoint> path() const;  // 20 points a second

 private:
  struct Moment {
    Nanos time = 0;
    Pose2 pose;
    Twist twist;
  };
  const Episode episode_;
  mutable std::mutex mutex_;
  DiffDrive drive_;
  // Of its own, and held for a copy only: the supervisor's write must not wait for the physics.
  std::mutex duty_mutex_;
  WheelDuty duty_;
  Nanos now_;
  int collisions_ = 0, touched_first_ = -2;
  bool touching_ = false;
  std::array<Moment, 256> moments_;
  size_t next_ = 0, kept_ = 0;
  std::vector<PathPoint> path_;
};

// The wheels of the world as a device.
class SimMotors : public WheelMotors {
 public:
  explicit SimMotors(World& world) : world_(world) {}
  Status write(float left, float right) override;
  void emergency_zero() noexcept override {}  // a simulated wheel cannot hurt anyone after the process died

 private:
  World& world_;
};

// Camera pose on the floor for a body pose.
CameraPose camera_pose(const Chassis& chassis, const Pose2& body);

// Draws what the camera saw at a moment.
class SimEye {
 public:
  SimEye(const Lens& lens, const Episode& episode);
  void expose(const Pose2& body, const Twist& twist, Image& out);
  const Renderer& renderer() const { return renderer_; }

 private:
  Episode episode_;
  Renderer renderer_;
  Sensor sensor_;
  Random random_;
};

}  // namespace jetline::sim

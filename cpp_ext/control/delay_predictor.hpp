#pragma once
#include <Eigen/Core>
#include <array>

namespace surefoot {

/// The state at which a command begins to act: an actuation delay after its sensor sample. Until
/// then the robot follows the commands under way, whose accelerations are known: a Smith predictor
/// (Smith, "Closer control of loops with dead time", 1957) over the delay.
class DelayPredictor {
 public:
  DelayPredictor(int nv, double delay);

  /// Moves the state (q, v) at `time` on to `time` + delay. Allocates nothing.
  void predict(double time, Eigen::VectorXd& q, Eigen::VectorXd& v);
  /// A command of the tick at `time` is to give this acceleration (nv), until the next one acts.
  void command(double time, const Eigen::VectorXd& acceleration);
  /// Nothing is known of what is under way: the velocity is taken to stay.
  void forget() { count_ = 0; }
  double delay() const { return delay_; }

 private:
  static constexpr int kCommands = 32;  ///< under way at most; of more, the oldest are forgotten
  const double delay_;
  std::array<double, kCommands> times_{};
  Eigen::MatrixXd accelerations_;  ///< one a column
  Eigen::VectorXd change_, mean_;
  int first_ = 0, count_ = 0;
};

}  // namespace surefoot

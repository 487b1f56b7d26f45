#pragma once
#include <Eigen/Core>
#include <string>
#include <utility>

#include "surefoot/export.hpp"
#include "surefoot/wbc/tick.hpp"

namespace surefoot {

/// The rows A x = b of a task over x = [dv (nv), f (nf)], either a matrix or a run of rows of the
/// identity (which then costs nothing to project).
struct SUREFOOT_API TaskRows {
  enum class Form { kSelection, kAcceleration, kFull };

  void allocate(int max_rows, int nv, int max_columns) {
    acceleration_size = nv;
    matrix.setZero(max_rows, max_columns);
    target.setZero(max_rows);
    weight.setOnes(max_rows);
  }

  /// (A x - b) of one row.
  double residual(int row, const Eigen::Ref<const Eigen::VectorXd>& x) const;

  int count = 0;
  int acceleration_size = 0;  ///< nv
  Form form = Form::kAcceleration;
  int first = 0;           ///< kSelection: index into x of the first row's one
  Eigen::MatrixXd matrix;  ///< kAcceleration: the columns of dv; kFull: all of x
  Eigen::VectorXd target;  ///< b
  Eigen::VectorXd weight;  ///< per row, multiplies the squared residual
};

/// One thing the controller should achieve: rows of linear equations in the unknowns, rebuilt
/// every tick. Weights count within one level of a stack, and across levels in weighted mode.
class SUREFOOT_API Task {
 public:
  explicit Task(std::string name, double weight) : name_(std::move(name)), weight(weight) {}
  virtual ~Task() = default;

  const std::string& name() const { return name_; }
  const TaskRows& rows() const { return rows_; }

  /// Allocates for a robot; called once when a stack is given to a controller.
  void bind(const RobotDescription& description, int max_unknowns) {
    check(description);
    rows_.allocate(max_rows(description), description.nv(), max_unknowns);
  }

  /// A x - b at a solution x = [dv, f], into out (rows().count).
  void evaluate(const Eigen::Ref<const Eigen::VectorXd>& x, Eigen::Ref<Eigen::VectorXd> out) const;

  /// Norm of A x - b at a solution x = [dv, f].
  double residual(const Eigen::Ref<const Eigen::VectorXd>& x) const;

  /// Rebuilds the rows. Must not allocate or throw.
  virtual void update(const Tick& tick) = 0;

 protected:
  /// Throws std::invalid_argument if the task's configuration does not fit the robot.
  virtual void check(const RobotDescription&) const {}
  virtual int max_rows(const RobotDescription& description) const = 0;

  std::string name_;
  TaskRows rows_;

 public:
  double weight;
};

}  // namespace surefoot

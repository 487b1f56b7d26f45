#pragma once
#include <Eigen/Core>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "surefoot/export.hpp"
#include "surefoot/wbc/tick.hpp"

namespace surefoot {

/// The rows of a task over x = [dv (nv), f (nf)]: A x = b, or lower <= A x <= upper. A is either a
/// matrix or a run of rows of the identity (which then costs nothing to project).
struct SUREFOOT_API TaskRows {
  enum class Kind { kEquality, kInequality };
  enum class Form { kSelection, kAcceleration, kFull };

  void allocate(int max_rows, int nv, int max_columns) {
    acceleration_size = nv;
    matrix.setZero(max_rows, max_columns);
    target.setZero(max_rows);
    weight.setOnes(max_rows);
    lower.setConstant(max_rows, -std::numeric_limits<double>::infinity());
    upper.setConstant(max_rows, std::numeric_limits<double>::infinity());
  }

  /// Row of A times x.
  double value(int row, const Eigen::Ref<const Eigen::VectorXd>& x) const;
  /// Of one row: A x - b; of an inequality, how far A x is below (negative) or above its bounds.
  /// One row of A, over all of x.
  Eigen::RowVectorXd row(int index) const;
  double residual(int row, const Eigen::Ref<const Eigen::VectorXd>& x) const;

  Kind kind = Kind::kEquality;  ///< of all rows; a task sets it once, when it is constructed
  int count = 0;
  int acceleration_size = 0;  ///< nv
  Form form = Form::kAcceleration;
  int first = 0;           ///< kSelection: index into x of the first row's one
  Eigen::MatrixXd matrix;  ///< kAcceleration: the columns of dv; kFull: all of x
  Eigen::VectorXd target;  ///< b of equalities
  Eigen::VectorXd weight;  ///< per row, multiplies the squared residual
  /// Bounds of inequalities, lower <= upper; infinite where there is none.
  Eigen::VectorXd lower, upper;
};

/// Numbers of a task that may be changed between ticks: "kp", for instance.
struct TaskGain {
  const char* name;
  double* values;
  Eigen::Index size;
};

/// One thing the controller should achieve: rows of linear equations or two-sided inequalities in
/// the unknowns, rebuilt every tick. Weights count within one level of a stack, and across levels
/// in weighted mode. An inequality costs its squared violation; where it joins the controller's
/// hard limits instead, it always holds and has no weight.
class SUREFOOT_API Task {
 public:
  explicit Task(std::string name, double weight) : name_(std::move(name)), weight(weight) {}
  virtual ~Task() = default;

  const std::string& name() const { return name_; }
  const TaskRows& rows() const { return rows_; }
  bool is_inequality() const { return rows_.kind == TaskRows::Kind::kInequality; }

  /// Allocates for a robot; called when a stack is given to a controller.
  void bind(const RobotDescription& description, int max_unknowns) {
    check(description);
    rows_.allocate(max_rows(description), description.nv(), max_unknowns);
  }

  /// Residuals (see TaskRows) at a solution x = [dv, f], into out (rows().count).
  void evaluate(const Eigen::Ref<const Eigen::VectorXd>& x, Eigen::Ref<Eigen::VectorXd> out) const;

  /// Norm of the residuals at a solution x = [dv, f].
  double residual(const Eigen::Ref<const Eigen::VectorXd>& x) const;

  /// Rebuilds the rows. Must not allocate or throw.
  virtual void update(const Tick& tick) = 0;

  /// Whether the last update could not give rows; then there are none.
  bool failed() const { return failed_; }

  /// Its gains, beside the weight; none is negative.
  virtual std::vector<TaskGain> tunables() { return {}; }

  /// Forgets what it remembers of earlier ticks.
  virtual void reset() {}

 protected:
  /// Prepares for a robot; throws std::invalid_argument if the configuration does not fit it.
  virtual void check(const RobotDescription&) {}
  virtual int max_rows(const RobotDescription& description) const = 0;

  std::string name_;
  TaskRows rows_;
  bool failed_ = false;

 public:
  double weight;
};

/// Tasks by priority: the first level is the one that no other may disturb.
using TaskLevel = std::vector<std::shared_ptr<Task>>;
using Stack = std::vector<TaskLevel>;

}  // namespace surefoot

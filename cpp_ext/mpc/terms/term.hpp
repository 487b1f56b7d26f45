#pragma once
#include <memory>
#include <string>
#include <vector>

#include "mpc/centroidal_dynamics.hpp"
#include "mpc/interval.hpp"
#include "mpc/stage_qp.hpp"

/// Costs and constraints of the optimal control problem as named objects: the transcription only
/// loops over them, so that a new one is a new class, named in standard_terms.cpp. All share what
/// is computed once for each stage (as the pre-computation of OCS2). A set of terms belongs to one
/// solver: they may keep scratch memory, but allocate none once they are made.
namespace surefoot::mpc {

/// Where terms are evaluated: one node of the horizon.
struct StagePoint {
  const CentroidalDynamics& dynamics;
  const TreeTerms& terms;         ///< at x and u, derivatives included; at the end geometry alone
  const double* x;                ///< state
  const double* state_reference;  ///< state
  const double* u = nullptr;      ///< input; null at the horizon's end, as all that follows
  const double* input_reference = nullptr;
  const ContactTask* contacts = nullptr;

  const Layout& layout() const { return dynamics.layout(); }
  const ContactTask& task(int contact) const { return contacts[contact]; }
  const PointTerms& point(int contact) const {
    return terms.points[static_cast<std::size_t>(contact)];
  }
  Vector3d position(int contact) const {
    return Eigen::Map<const Vector3d>(x + Layout::kPosition) + point(contact).position;
  }
  Vector3d velocity(int contact) const {
    return Eigen::Map<const Vector3d>(x) + point(contact).velocity;
  }
  const double* force(int contact) const {
    return u + layout().force[static_cast<std::size_t>(contact)];
  }
};

/// Quadratic cost of one stage, to be added to: H is column-major, its lower half counts. Stance
/// forces and the state share one matrix; joint velocities, which the contacts' motion eliminates,
/// have their own.
struct StageCost {
  double *H, *g;
  int stride;
  int state;                     ///< column of the tangent state's first component
  const int* force = nullptr;    ///< by contact: column of its first component, -1 in swing
  double* velocity_H = nullptr;  ///< padded(n) square
  double* velocity_g = nullptr;

  double& state_hessian(int i, int j) const { return H[(state + j) * stride + state + i]; }
  double& state_gradient(int i) const { return g[state + i]; }
};

/// A part of the cost, per second of the horizon.
class SUREFOOT_API CostTerm {
 public:
  explicit CostTerm(std::string name) : name_(std::move(name)) {}
  virtual ~CostTerm() = default;
  const std::string& name() const { return name_; }
  /// Whether it counts at the horizon's end too (with the weight `terminal`).
  virtual bool at_end() const { return false; }
  virtual double value(const StagePoint& point) = 0;
  /// Adds `scale` times gradient and (Gauss-Newton) Hessian.
  virtual void add(const StagePoint& point, double scale, StageCost& cost) = 0;

 private:
  std::string name_;
};

/// Rows that must vanish at every interval's start; they determine joint velocities.
class SUREFOOT_API EqualityTerm {
 public:
  explicit EqualityTerm(std::string name) : name_(std::move(name)) {}
  virtual ~EqualityTerm() = default;
  const std::string& name() const { return name_; }
  /// Most rows that it may have.
  virtual int capacity(const CentroidalDynamics& dynamics) const = 0;
  /// Writes the rows' values and, unless null, their derivatives by the layout's columns.
  /// @return the number of rows
  virtual int evaluate(const StagePoint& point, double* values, double* rows) = 0;

 private:
  std::string name_;
};

/// Inequalities on the forces, in blocks of one contact.
class SUREFOOT_API InequalityTerm {
 public:
  explicit InequalityTerm(std::string name) : name_(std::move(name)) {}
  virtual ~InequalityTerm() = default;
  const std::string& name() const { return name_; }
  /// Most blocks that it may have.
  virtual int capacity(const CentroidalDynamics& dynamics) const = 0;
  /// Appends its blocks to the stage's.
  /// @param force as in `StageCost`
  virtual void add(const StagePoint& point, const int* force, StageQp& stage) = 0;

 private:
  std::string name_;
};

struct Terms {
  std::vector<std::unique_ptr<CostTerm>> costs;
  std::vector<std::unique_ptr<EqualityTerm>> equalities;
  std::vector<std::unique_ptr<InequalityTerm>> inequalities;
};

}  // namespace surefoot::mpc

#pragma once
#include <Eigen/Core>
#include <Eigen/Geometry>
#include <vector>

#include "surefoot/rigid_body.hpp"
#include "surefoot/wbc/tick.hpp"

namespace surefoot {

/// Bounds and gains of contacts.
struct SUREFOOT_API ContactOptions {
  double force_min = 0.0;                     ///< N, least normal force of a contact
  double force_max = 0.0;                     ///< N, greatest
  double load_time = 0.0, unload_time = 0.0;  ///< s, of force_max's way from zero and back
  double stiffness = 0.0;                     ///< 1/s^2, towards where contact began
  double damping = 0.0;                       ///< 1/s, of contact motion
  double range = 0.0;                         ///< m, most that the stiffness acts on
};

/// One contact that is in the equations of this tick.
struct ActiveContact {
  int index = 0;   ///< in the robot's contact order
  int offset = 0;  ///< of its force in f
  int size = 0;    ///< of its force: 3 or 6
  int rows = 0;    ///< of its friction constraints
  double force_min = 0.0, force_max = 0.0;
  /// Friction constraints lower <= cone f <= upper; row 0 is the normal force.
  Eigen::Matrix<double, 11, 6> cone = Eigen::Matrix<double, 11, 6>::Zero();
};

/// Which contacts carry force, how much each may carry, and the rows that say they do not move:
///
///   J dv + drift = -stiffness * (way from where contact began) - damping * velocity
///
/// The way is position, and for a surface also the rotation vector. A contact that has slipped
/// further than `range` (a surface's edge, by turning) takes its new place for good.
///
/// A point contact is a sphere that rolls without slipping: the material point that touches,
/// -radius * normal from the centre, has velocity v + omega x (-radius n), and that point is
/// where its force acts. Friction is the pyramid inside the cone (corners on the cone).
class SUREFOOT_API ContactSet {
 public:
  explicit ContactSet(const RobotDescription& description);

  void reset();
  /// Takes one tick's contacts; `dt` moves the force ramps.
  void switch_contacts(const Eigen::Ref<const Eigen::Array<bool, Eigen::Dynamic, 1>>& carrying,
                       double dt, const ContactOptions& options);
  /// Builds Jacobian, right-hand side and friction of the active contacts.
  /// The cones of points are about the reference's normals.
  void update(const RigidBody& body, const Eigen::VectorXd& v, const Reference& reference,
              const ContactOptions& options);
  /// Remembers the forces of the solution, from which an unloading contact ramps down.
  void remember(const Eigen::Ref<const Eigen::VectorXd>& force);

  bool is_active(int index) const { return load_[static_cast<std::size_t>(index)] > 0.0; }
  const std::vector<ActiveContact>& active() const { return active_; }
  int force_size() const { return force_size_; }
  int max_force_size() const { return static_cast<int>(target_.size()); }
  int max_friction_rows() const;

  /// J' (nv x nf): its rows map dv to contact motion and its columns forces to v's axes.
  auto jacobian_transposed() const { return jacobian_transposed_.leftCols(force_size_); }
  auto target() const { return target_.head(force_size_); }  ///< J dv = target

 private:
  /// Where a contact began; of a point, moved on as its sphere rolls.
  struct Anchor {
    Eigen::Vector3d position = Eigen::Vector3d::Zero();
    Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();  ///< of a point: at the last tick
    bool set = false;
  };

  void point(ActiveContact& contact, const RigidBody& body, const Eigen::VectorXd& v,
             const Eigen::Vector3d& normal, const ContactOptions& options);
  void surface(ActiveContact& contact, const RigidBody& body, const ContactOptions& options);

  const RobotDescription& description_;
  std::vector<double> load_;          ///< ramp of each contact, 0: free, 1: full force
  std::vector<double> normal_force_;  ///< of the last solution
  std::vector<double> ceiling_;       ///< force at which an unloading contact began
  std::vector<char> carrying_;
  std::vector<Anchor> anchors_;
  std::vector<ActiveContact> active_;
  int force_size_ = 0;
  Eigen::MatrixXd jacobian_transposed_;
  Eigen::VectorXd target_;
};

}  // namespace surefoot

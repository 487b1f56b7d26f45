#include "surefoot/rigid_body.hpp"

#include <pinocchio/algorithm/crba.hpp>
#include <pinocchio/algorithm/frames.hpp>
#include <pinocchio/algorithm/rnea.hpp>
#include <pinocchio/multibody.hpp>

namespace surefoot {
namespace {

using Matrix6X = Eigen::Matrix<double, 6, Eigen::Dynamic>;
using Vector6 = Eigen::Matrix<double, 6, 1>;

pinocchio::Inertia inertia_of(const BodyInertia& body) {
  return pinocchio::Inertia(body.mass, body.com, body.inertia);
}

pinocchio::Model build_model(const RobotDescription& description) {
  description.validate();
  pinocchio::Model model;
  model.name = description.name;
  const auto base =
      model.addJoint(0, pinocchio::JointModelFreeFlyer(), pinocchio::SE3::Identity(), "base");
  model.appendBodyToJoint(base, inertia_of(description.base), pinocchio::SE3::Identity());
  for (const auto& joint : description.joints) {
    const auto parent = static_cast<pinocchio::JointIndex>(joint.parent + 2);
    const pinocchio::SE3 placement(joint.rotation, joint.translation);
    pinocchio::JointIndex index;
    if (joint.kind == JointKind::kPrismatic)
      index = model.addJoint(parent, pinocchio::JointModelPrismaticUnaligned(joint.axis), placement,
                             joint.name);
    else if (joint.axis.isApprox(Eigen::Vector3d::UnitX(), 1e-14))
      index = model.addJoint(parent, pinocchio::JointModelRX(), placement, joint.name);
    else if (joint.axis.isApprox(Eigen::Vector3d::UnitY(), 1e-14))
      index = model.addJoint(parent, pinocchio::JointModelRY(), placement, joint.name);
    else if (joint.axis.isApprox(Eigen::Vector3d::UnitZ(), 1e-14))
      index = model.addJoint(parent, pinocchio::JointModelRZ(), placement, joint.name);
    else
      index = model.addJoint(parent, pinocchio::JointModelRevoluteUnaligned(joint.axis), placement,
                             joint.name);
    model.appendBodyToJoint(index, inertia_of(joint.body), pinocchio::SE3::Identity());
    model.armature[model.joints[index].idx_v()] = joint.armature;
  }
  const auto add_frame = [&model](const FrameDescription& frame) {
    model.addFrame(
        pinocchio::Frame(frame.name, static_cast<pinocchio::JointIndex>(frame.joint + 2), 0,
                         pinocchio::SE3(frame.rotation, frame.translation), pinocchio::OP_FRAME),
        false);
  };
  for (const auto& contact : description.contacts) add_frame(contact.frame);
  for (const auto& frame : description.frames) add_frame(frame);
  return model;
}

struct FrameTerms {
  pinocchio::FrameIndex index;
  Matrix6X jacobian;
  Vector6 drift, velocity;
  Eigen::Vector3d position;
  Eigen::Matrix3d rotation;
  bool current = false;  // computed at the state of the last update
};

}  // namespace

struct RigidBody::Impl {
  explicit Impl(const RobotDescription& description)
      : model(build_model(description)),
        data(model),
        nc(description.nc()),
        mass_matrix(Eigen::MatrixXd::Zero(model.nv, model.nv)),
        centroidal_map(Matrix6X::Zero(6, model.nv)) {
    const auto count = description.contacts.size() + description.frames.size();
    const auto first = static_cast<pinocchio::FrameIndex>(model.nframes) - count;
    for (std::size_t i = 0; i < count; ++i)
      frames.push_back({first + i, Matrix6X::Zero(6, model.nv), Vector6::Zero(), Vector6::Zero(),
                        Eigen::Vector3d::Zero(), Eigen::Matrix3d::Identity(), false});
  }

  void update(const Eigen::Ref<const Eigen::VectorXd>& q,
              const Eigen::Ref<const Eigen::VectorXd>& v) {
    namespace pin = pinocchio;
    // Two sweeps give everything: crba in the world convention leaves the world Jacobian in J,
    // momentum per joint velocity in Ag and the composite inertia in oYcrb; the bias leaves
    // velocities and accelerations, and its base rows are the rate of momentum.
    pin::crba(model, data, q, pin::Convention::WORLD);
    mass_matrix = data.M.selfadjointView<Eigen::Upper>();
    pin::nonLinearEffects(model, data, q, v);
    update_centroid(v);
    for (auto& frame : frames) frame.current = false;
  }

  // A description has many frames and a task uses few: each is computed when first asked for.
  const FrameTerms& frame(int index) {
    auto& terms = frames[static_cast<std::size_t>(index)];
    if (!terms.current) update_frame(terms);
    return terms;
  }

  void update_centroid(const Eigen::Ref<const Eigen::VectorXd>& v) {
    const auto& whole = data.oYcrb[1];
    com = whole.lever();
    centroidal_map = data.Ag;  // crba leaves it about the centre of mass
    centroidal_momentum.noalias() = centroidal_map * v;
    com_velocity = centroidal_momentum.head<3>() / whole.mass();
    const Eigen::Matrix3d& rotation = data.oMi[1].rotation();
    const Eigen::Vector3d force = rotation * data.nle.head<3>();
    const Eigen::Vector3d lever = data.oMi[1].translation() - com;
    centroidal_drift.head<3>() = force + whole.mass() * model.gravity.linear();
    centroidal_drift.tail<3>() = rotation * data.nle.segment<3>(3) + lever.cross(force);
  }

  void update_frame(FrameTerms& terms) {
    namespace pin = pinocchio;
    const auto& frame = model.frames[terms.index];
    const auto joint = frame.parentJoint;
    const pin::SE3 placement = data.oMi[joint].act(frame.placement);
    terms.position = placement.translation();
    terms.rotation = placement.rotation();
    for (int row = static_cast<int>(model.nvs[joint] + model.idx_vs[joint]) - 1; row >= 0;
         row = data.parents_fromRow[static_cast<std::size_t>(row)]) {
      const Eigen::Vector3d angular = data.J.col(row).tail<3>();
      terms.jacobian.col(row).head<3>() = data.J.col(row).head<3>() + angular.cross(terms.position);
      terms.jacobian.col(row).tail<3>() = angular;
    }
    const pin::Motion v_local = frame.placement.actInv(data.v[joint]);
    pin::Motion acceleration = data.a_gf[joint];  // it holds minus gravity
    acceleration.linear() += data.oMi[joint].rotation().transpose() * model.gravity.linear();
    const pin::Motion a_local = frame.placement.actInv(acceleration);
    const Eigen::Vector3d linear = terms.rotation * v_local.linear();
    const Eigen::Vector3d angular = terms.rotation * v_local.angular();
    terms.velocity << linear, angular;
    terms.drift.head<3>() = terms.rotation * a_local.linear() + angular.cross(linear);
    terms.drift.tail<3>() = terms.rotation * a_local.angular();
    terms.current = true;
  }

  pinocchio::Model model;
  pinocchio::Data data;
  int nc;
  Eigen::MatrixXd mass_matrix;
  Matrix6X centroidal_map;
  Eigen::Vector3d com = Eigen::Vector3d::Zero(), com_velocity = Eigen::Vector3d::Zero();
  Vector6 centroidal_drift = Vector6::Zero(), centroidal_momentum = Vector6::Zero();
  std::vector<FrameTerms> frames;
};

RigidBody::RigidBody(const RobotDescription& description) : impl_(new Impl(description)) {}
RigidBody::~RigidBody() = default;
RigidBody::RigidBody(RigidBody&&) noexcept = default;
RigidBody& RigidBody::operator=(RigidBody&&) noexcept = default;

int RigidBody::nq() const { return impl_->model.nq; }
int RigidBody::nv() const { return impl_->model.nv; }
int RigidBody::nc() const { return impl_->nc; }
int RigidBody::nframes() const { return static_cast<int>(impl_->frames.size()); }

void RigidBody::update(const Eigen::Ref<const Eigen::VectorXd>& q,
                       const Eigen::Ref<const Eigen::VectorXd>& v) {
  impl_->update(q, v);
}

const Eigen::MatrixXd& RigidBody::mass_matrix() const { return impl_->mass_matrix; }
const Eigen::VectorXd& RigidBody::bias() const { return impl_->data.nle; }
const Eigen::Vector3d& RigidBody::com() const { return impl_->com; }
const Eigen::Vector3d& RigidBody::com_velocity() const { return impl_->com_velocity; }
const Matrix6X& RigidBody::centroidal_map() const { return impl_->centroidal_map; }
const Vector6& RigidBody::centroidal_drift() const { return impl_->centroidal_drift; }
const Vector6& RigidBody::centroidal_momentum() const { return impl_->centroidal_momentum; }
const Matrix6X& RigidBody::frame_jacobian(int frame) const { return impl_->frame(frame).jacobian; }
const Vector6& RigidBody::frame_drift(int frame) const { return impl_->frame(frame).drift; }
const Vector6& RigidBody::frame_velocity(int frame) const { return impl_->frame(frame).velocity; }
const Eigen::Vector3d& RigidBody::frame_position(int frame) const {
  return impl_->frame(frame).position;
}
const Eigen::Matrix3d& RigidBody::frame_rotation(int frame) const {
  return impl_->frame(frame).rotation;
}

}  // namespace surefoot

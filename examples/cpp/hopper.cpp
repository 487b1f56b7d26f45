// Surefoot's rigid-body terms in a C++ program: a one-legged hopper at rest.
#include <cstdio>
#include <surefoot/rigid_body.hpp>

int main() {
  surefoot::RobotDescription hopper;
  hopper.name = "hopper";
  hopper.base = {8.0, {0.0, 0.0, 0.05}, Eigen::Vector3d(0.05, 0.05, 0.04).asDiagonal()};

  surefoot::JointDescription knee;
  knee.name = "knee";
  knee.axis = Eigen::Vector3d::UnitY();
  knee.body = {1.0, {0.0, 0.0, -0.15}, Eigen::Vector3d(0.008, 0.008, 0.001).asDiagonal()};
  hopper.joints = {knee};

  surefoot::ContactDescription foot;
  foot.frame.name = "foot";
  foot.frame.joint = 0;
  foot.frame.translation = {0.0, 0.0, -0.3};
  foot.radius = 0.02;
  foot.friction = 0.6;
  hopper.contacts = {foot};

  surefoot::RigidBody body(hopper);
  Eigen::VectorXd q = Eigen::VectorXd::Zero(hopper.nq());
  q[2] = 0.32;  // base height, m
  q[6] = 1.0;   // quaternion xyzw
  body.update(q, Eigen::VectorXd::Zero(hopper.nv()));

  std::printf("mass %.1f kg, centre of mass at %.4f m, foot at %.4f m, weight %.2f N\n",
              hopper.mass(), body.com().z(), body.frame_position(0).z(), body.bias()[2]);
  return 0;
}

#include "surefoot/wbc/tasks/center_of_mass.hpp"
#include "surefoot/wbc/tasks/centroidal_momentum.hpp"
#include "surefoot/wbc/tasks/frame_motion.hpp"
#include "task_attributes.hpp"

namespace py = pybind11;
using py::arg;

namespace surefoot {
namespace {

using Vector6 = Eigen::Matrix<double, 6, 1>;

/// `reference`: what to follow, or None to stay where the next tick finds the robot.
template <typename T>
void reference_attribute(TaskClass<T>& type, const char* doc) {
  using Reference = typename T::Reference;
  type.def_property(
      "reference",
      [](const T& task) {
        return task.has_reference() ? std::optional<Reference>(task.reference()) : std::nullopt;
      },
      [](T& task, const std::optional<Reference>& reference) {
        if (reference)
          task.set_reference(*reference);
        else
          task.hold();
      },
      doc);
}

/// kd, or critical damping where there is none.
template <int N>
Eigen::Matrix<double, N, 1> damping(const std::string& name, const Eigen::Matrix<double, N, 1>& kp,
                                    const std::optional<Numbers>& kd) {
  if (kd) return gains<N>(name, *kd);
  return 2.0 * kp.cwiseSqrt();
}

void bind_references(py::module_& m) {
  using Frame = FrameMotion::Reference;
  using Vector = Eigen::VectorXd;
  py::class_<Frame>(m, "FrameReference", R"(What a frame should do, in the axes of its task.

Parameters
----------
position
    (3,) m.
orientation
    (4,) unit quaternion xyzw.
velocity, acceleration
    (6,) linear, then angular; fed forward.

Raises
------
InputError
    If a shape is wrong or a number is not finite.)")
      .def(py::init([](const Vector& position, const Vector& orientation, const Vector& velocity,
                       const Vector& acceleration) {
             return Frame{sized<3>("position", position), quaternion("orientation", orientation),
                          sized<6>("velocity", velocity), sized<6>("acceleration", acceleration)};
           }),
           arg("position") = Vector(Vector::Zero(3)),
           arg("orientation") = Vector(Eigen::Vector4d::UnitW()),
           arg("velocity") = Vector(Vector::Zero(6)), arg("acceleration") = Vector(Vector::Zero(6)))
      .def_property_readonly("position", [](const Frame& r) { return read_only(r.position); })
      .def_property_readonly("orientation", [](const Frame& r) { return read_only(r.orientation); })
      .def_property_readonly("velocity", [](const Frame& r) { return read_only(r.velocity); })
      .def_property_readonly("acceleration",
                             [](const Frame& r) { return read_only(r.acceleration); });
  using Point = CenterOfMass::Reference;
  py::class_<Point>(m, "PointReference", R"(What the centre of mass should do, world axes.

Parameters
----------
position, velocity, acceleration
    (3,) m, m/s, m/s^2; the latter two are fed forward.

Raises
------
InputError
    If a shape is wrong or a number is not finite.)")
      .def(py::init([](const Vector& position, const Vector& velocity, const Vector& acceleration) {
             return Point{sized<3>("position", position), sized<3>("velocity", velocity),
                          sized<3>("acceleration", acceleration)};
           }),
           arg("position"), arg("velocity") = Vector(Vector::Zero(3)),
           arg("acceleration") = Vector(Vector::Zero(3)))
      .def_property_readonly("position", [](const Point& r) { return read_only(r.position); })
      .def_property_readonly("velocity", [](const Point& r) { return read_only(r.velocity); })
      .def_property_readonly("acceleration",
                             [](const Point& r) { return read_only(r.acceleration); });
}

/// The Python class of one part of a frame's motion; its gains have as many axes as the part.
template <FrameMotion::Part kPart>
struct FrameTask : FrameMotion {
  static constexpr int kAxes = kPart == Part::kPose ? 6 : 3;
  static constexpr int kFirst = kPart == Part::kOrientation ? 3 : 0;
  using Axes = Eigen::Matrix<double, kAxes, 1>;
  using FrameMotion::FrameMotion;

  static Vector6 six(const Axes& values) {
    Vector6 all = Vector6::Zero();
    all.template segment<kAxes>(kFirst) = values;
    return all;
  }
  static std::shared_ptr<FrameTask> make(const std::string& frame, const Numbers& kp,
                                         const std::optional<Numbers>& kd, double weight,
                                         const std::optional<std::string>& relative_to,
                                         const Eigen::VectorXd& offset, const std::string& name) {
    const std::string own = name.empty() ? frame : name;
    const Axes stiffness = gains<kAxes>(of("kp", own), kp);
    return std::make_shared<FrameTask>(kPart, frame, six(stiffness),
                                       six(damping<kAxes>(of("kd", own), stiffness, kd)),
                                       checked_weight(weight, own), relative_to.value_or(""),
                                       sized<3>(of("offset", own), offset), own);
  }
};

template <FrameMotion::Part kPart>
void bind_frame_task(py::module_& m, const char* name, const char* doc) {
  using T = FrameTask<kPart>;
  py::class_<T, FrameMotion, std::shared_ptr<T>> type(m, name, doc);
  type.def(py::init(&T::make), arg("frame"), arg("kp"), arg("kd") = py::none(), arg("weight") = 1.0,
           arg("relative_to") = py::none(),
           arg("offset") = Eigen::VectorXd(Eigen::VectorXd::Zero(3)), arg("name") = "");
  const auto gain = [&type](const char* attribute, Vector6 FrameMotion::* member) {
    type.def_property(
        attribute,
        [member](const T& task) {
          return read_only((task.*member).template segment<T::kAxes>(T::kFirst));
        },
        [=](T& task, const Numbers& value) {
          task.*member = T::six(gains<T::kAxes>(of(attribute, task.name()), value));
        });
  };
  gain("kp", &FrameMotion::kp);
  gain("kd", &FrameMotion::kd);
}

void bind_frames(py::module_& m) {
  TaskClass<FrameMotion> motion(m, "FrameMotion",
                                "Motion of a frame: FramePose, FramePosition or FrameOrientation.");
  motion.def_property_readonly("frame", &FrameMotion::frame)
      .def_property_readonly("relative_to", &FrameMotion::relative_to, "frame; empty: the world")
      .def_property_readonly("offset", [](const FrameMotion& t) { return read_only(t.offset()); });
  reference_attribute(motion, R"(`FrameReference` to follow, in the axes of `relative_to`.

None (at first): stay where the frame is at the next tick.)");
  bind_frame_task<FrameMotion::Part::kPose>(
      m, "FramePose", R"(Position and orientation of a frame follow `reference`: PD on SE(3).

Parameters
----------
frame
    One of ``robot.frame_names``.
kp, kd
    One number or (6,) linear and angular, 1/s^2 and 1/s. kd None: critical damping.
weight
    Against the other tasks of the level.
relative_to
    Frame in whose axes the motion is; None: the world.
offset
    (3,) the point, in the frame's axes, m.
name
    Of the task; default the frame's.)");
  bind_frame_task<FrameMotion::Part::kPosition>(
      m, "FramePosition",
      "Position of a point of a frame follows `reference`. As `FramePose`, kp and kd (3,).");
  bind_frame_task<FrameMotion::Part::kOrientation>(
      m, "FrameOrientation",
      "Orientation of a frame follows `reference`. As `FramePose`, kp and kd (3,).");
}

template <CentroidalMomentum::Part kPart>
struct MomentumTask : CentroidalMomentum {
  using CentroidalMomentum::CentroidalMomentum;
};

template <CentroidalMomentum::Part kPart>
void bind_momentum(py::module_& m, const char* type, const char* own, const char* doc) {
  using T = MomentumTask<kPart>;
  py::class_<T, CentroidalMomentum, std::shared_ptr<T>>(m, type, doc)
      .def(py::init([](const Numbers& gain, double weight, const std::string& name) {
             return std::make_shared<T>(kPart, gains<3>(of("gain", name), gain),
                                        checked_weight(weight, name), name);
           }),
           arg("gain"), arg("weight") = 1.0, arg("name") = own);
}

void bind_centroid(py::module_& m) {
  TaskClass<CenterOfMass> com(m, "CenterOfMass", R"(Centre of mass follows `reference`: PD.

Parameters
----------
kp, kd
    One number or (3,) world axes, 1/s^2 and 1/s. kd None: critical damping.)");
  com.def(py::init([](const Numbers& kp, const std::optional<Numbers>& kd, double weight,
                      const std::string& name) {
            const Eigen::Vector3d stiffness = gains<3>(of("kp", name), kp);
            return std::make_shared<CenterOfMass>(stiffness,
                                                  damping<3>(of("kd", name), stiffness, kd),
                                                  checked_weight(weight, name), name);
          }),
          arg("kp"), arg("kd") = py::none(), arg("weight") = 1.0, arg("name") = "com");
  gain_attribute<3>(com, "kp", &CenterOfMass::kp, "(3,) 1/s^2");
  gain_attribute<3>(com, "kd", &CenterOfMass::kd, "(3,) 1/s");
  reference_attribute(com, R"(`PointReference` to follow, world axes.

None (at first): stay where the centre of mass is at the next tick.)");

  TaskClass<CentroidalMomentum> momentum(
      m, "CentroidalMomentum",
      "Momentum about the centre of mass: dh/dt = rate + gain (momentum - h).");
  gain_attribute<3>(momentum, "gain", &CentroidalMomentum::gain, "(3,) 1/s");
  vector_attribute(momentum, "momentum", &CentroidalMomentum::momentum,
                   "(3,) wanted, world axes, N s or N m s; at first zero");
  vector_attribute(momentum, "rate", &CentroidalMomentum::rate,
                   "(3,) its rate, fed forward, N or N m; at first zero");
  bind_momentum<CentroidalMomentum::Part::kLinear>(
      m, "LinearMomentum", "linear momentum",
      "Linear momentum: gain one number or (3,) world axes, 1/s; momentum in N s, rate in N.");
  bind_momentum<CentroidalMomentum::Part::kAngular>(
      m, "AngularMomentum", "angular momentum",
      "Angular momentum about the centre of mass: as `LinearMomentum`, N m s and N m.");
}

}  // namespace

void bind_motion_tasks(py::module_& m) {
  bind_references(m);
  bind_frames(m);
  bind_centroid(m);
}

}  // namespace surefoot

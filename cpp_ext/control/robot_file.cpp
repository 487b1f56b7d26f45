#include "surefoot/control/robot_file.hpp"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "control/robot_fields.hpp"
#include "surefoot/estimation/invariant_ekf.hpp"
#include "surefoot/estimation/linear_kalman_filter.hpp"
#include "surefoot/wbc/tasks/base_motion.hpp"
#include "surefoot/wbc/tasks/contact_forces.hpp"
#include "surefoot/wbc/tasks/posture.hpp"
#include "surefoot/wbc/tasks/swing_feet.hpp"

namespace surefoot {
namespace {

template <typename T>
constexpr bool kNumber = std::is_arithmetic_v<T> || std::is_enum_v<T>;

/// Visits the fields of a value whose names begin with its path.
template <typename A, typename T>
void descend(A& archive, std::string& prefix, const std::string& path, T& value) {
  const std::string outer = std::exchange(prefix, path + '.');
  visit(archive, value);
  prefix = outer;
}

/// Visits the elements of a vector: fields of its path with numbers for names.
template <typename A, typename T>
void elements(A& archive, std::string& prefix, const std::string& path, std::vector<T>& values) {
  const std::string outer = std::exchange(prefix, path + '.');
  for (std::size_t i = 0; i < values.size(); ++i) archive(std::to_string(i).c_str(), values[i]);
  prefix = outer;
}

/// Writes `name value...` lines; the names of nested fields are joined by dots.
class Writer {
 public:
  Writer() { out_.precision(17); }
  std::string text() const { return out_.str(); }

  template <typename T>
  void operator()(const char* name, T& value) {
    const std::string path = prefix_ + name;
    if constexpr (std::is_same_v<T, std::string>) {
      out_ << path << ' ' << value << '\n';
    } else if constexpr (std::is_enum_v<T>) {
      out_ << path << ' ' << static_cast<int>(value) << '\n';
    } else if constexpr (std::is_arithmetic_v<T>) {
      out_ << path << ' ' << value << '\n';
    } else if constexpr (std::is_base_of_v<Eigen::MatrixBase<T>, T>) {
      out_ << path << ' ' << value.size();
      for (Eigen::Index i = 0; i < value.size(); ++i) out_ << ' ' << value.data()[i];
      out_ << '\n';
    } else {
      nested(path, value);
    }
  }

 private:
  template <typename T>
  void nested(const std::string& path, std::vector<T>& values) {
    out_ << path << ' ' << values.size();
    if constexpr (kNumber<T>)
      for (const T& value : values) out_ << ' ' << value;
    out_ << '\n';
    if constexpr (!kNumber<T>) elements(*this, prefix_, path, values);
  }
  template <typename T>
  void nested(const std::string& path, T& value) {
    descend(*this, prefix_, path, value);
  }

  std::string prefix_;
  std::ostringstream out_;
};

class Reader {
 public:
  explicit Reader(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      const auto space = line.find(' ');
      lines_[line.substr(0, space)] = space == std::string::npos ? "" : line.substr(space + 1);
    }
  }

  template <typename T>
  void operator()(const char* name, T& value) {
    const std::string path = prefix_ + name;
    if constexpr (std::is_same_v<T, std::string>) {
      value = line(path);
    } else if constexpr (std::is_enum_v<T>) {
      std::istringstream in(line(path));
      value = static_cast<T>(number<int>(in, path));
    } else if constexpr (std::is_arithmetic_v<T>) {
      std::istringstream in(line(path));
      value = number<T>(in, path);
    } else if constexpr (std::is_base_of_v<Eigen::MatrixBase<T>, T>) {
      std::istringstream in(line(path));
      const auto size = number<long>(in, path);
      if constexpr (T::SizeAtCompileTime == Eigen::Dynamic) value.resize(checked(size, path));
      if (size != value.size()) fail(path);
      for (Eigen::Index i = 0; i < size; ++i) value.data()[i] = number<double>(in, path);
    } else {
      nested(path, value);
    }
  }

 private:
  [[noreturn]] static void fail(const std::string& path) {
    throw std::runtime_error("robot file: '" + path +
                             "' is missing or wrong: export the robot again with this version");
  }
  static long checked(long size, const std::string& path) {
    constexpr long kMost = 100000;
    if (size < 0 || size > kMost) fail(path);
    return size;
  }
  const std::string& line(const std::string& path) const {
    const auto found = lines_.find(path);
    if (found == lines_.end()) fail(path);
    return found->second;
  }
  template <typename T>
  static T number(std::istringstream& in, const std::string& path) {
    if constexpr (std::is_floating_point_v<T>) {  // streams do not read infinities
      std::string word;
      char* end = nullptr;
      if (!(in >> word)) fail(path);
      const double value = std::strtod(word.c_str(), &end);
      if (*end != '\0') fail(path);
      return value;
    } else {
      T value{};
      if (!(in >> value)) fail(path);
      return value;
    }
  }
  template <typename T>
  void nested(const std::string& path, std::vector<T>& values) {
    std::istringstream in(line(path));
    values.resize(static_cast<std::size_t>(checked(number<long>(in, path), path)));
    if constexpr (kNumber<T>)
      for (T& value : values) value = number<T>(in, path);
    else
      elements(*this, prefix_, path, values);
  }
  template <typename T>
  void nested(const std::string& path, T& value) {
    descend(*this, prefix_, path, value);
  }

  std::map<std::string, std::string> lines_;
  std::string prefix_;
};

}  // namespace

std::string write_robot(const RobotSetup& setup) {
  RobotSetup copy = setup;
  Writer writer;
  visit(writer, copy);
  return writer.text();
}

RobotSetup parse_robot(const std::string& text) {
  RobotSetup setup;
  Reader reader(text);
  visit(reader, setup);
  setup.description.validate();
  return setup;
}

RobotSetup read_robot(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("robot file: cannot read '" + path + "'");
  std::ostringstream text;
  text << file.rdbuf();
  return parse_robot(text.str());
}

std::unique_ptr<Controller> make_controller(const RobotSetup& setup) {
  const RobotDescription& robot = setup.description;
  const ContactKinematics kinematics(robot, setup.imu_joint, setup.imu_rotation,
                                     setup.imu_translation);
  std::shared_ptr<StateEstimator> estimator;
  if (setup.linear_filter)
    estimator = std::make_shared<LinearKalmanFilter>(robot, kinematics, setup.estimator);
  else
    estimator = std::make_shared<InvariantEkf>(robot, kinematics, setup.estimator);
  auto wbc = std::make_shared<WholeBodyController>(robot, setup.wbc);
  const StackGains& g = setup.stack;
  wbc->set_stack({{std::make_shared<BaseMotion>(g.base_kp, g.base_kd, g.base_weight),
                   std::make_shared<SwingFeet>(g.swing_kp, g.swing_kd, g.swing_weight)},
                  {std::make_shared<Posture>(g.posture_kp, g.posture_kd, g.posture_weight)},
                  {std::make_shared<ContactForces>(g.force_weight)}});
  wbc->mode = setup.strict ? WbcMode::kStrict : WbcMode::kWeighted;
  return std::make_unique<Controller>(robot, setup.control, std::move(estimator), std::move(wbc));
}

}  // namespace surefoot

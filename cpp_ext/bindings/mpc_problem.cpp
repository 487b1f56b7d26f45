#include "mpc_problem.hpp"

#include <pybind11/typing.h>

#include "mpc/terms/term.hpp"
#include "mpc/transcription.hpp"

namespace py = pybind11;

namespace surefoot {
namespace {

using namespace mpc;
using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;
using Values = py::typing::Dict<py::str, py::object>;

Vector selected(const Vector& values, const std::vector<int>& indices) {
  Vector result(static_cast<Eigen::Index>(indices.size()));
  for (std::size_t i = 0; i < indices.size(); ++i)
    result[static_cast<Eigen::Index>(i)] = values[indices[i]];
  return result;
}

/// The NMPC's terms, each evaluated by its name at any point; columns of derivatives are
/// [tangent, joint velocities, forces].
class ProblemTerms {
 public:
  ProblemTerms(const RobotDescription& description, const NmpcOptions& options)
      : transcription_(reduce(description, options.joints, options.posture), Weights(options),
                       selected(options.posture, options.joints)),
        layout_(transcription_.layout()),
        force_(layout_.force) {}

  template <class Term>
  static std::vector<std::string> names(const std::vector<std::unique_ptr<Term>>& terms) {
    std::vector<std::string> result;
    for (const auto& term : terms) result.push_back(term->name());
    return result;
  }
  const Terms& terms() const { return transcription_.terms(); }

  /// Value, gradient and Hessian of a cost.
  py::typing::Tuple<double, Vector, Matrix> cost(const std::string& name, const Values& values,
                                                 const Vector& x, const Vector& u) {
    const Interval interval = interval_of(values);
    const StagePoint point = at(interval, x, u);
    CostTerm& term = found(terms().costs, name);
    const int nx = layout_.nx, n = layout_.n, nf = layout_.nf, np = padded(n), size = nf + nx;
    Matrix H = Matrix::Zero(size, size), velocity_H = Matrix::Zero(np, np);
    Vector g = Vector::Zero(size), velocity_g = Vector::Zero(np);
    for (int c = 0; c < layout_.nc; ++c)
      force_[static_cast<std::size_t>(c)] = interval.contacts[static_cast<std::size_t>(c)].stance
                                                ? layout_.force[static_cast<std::size_t>(c)]
                                                : -1;
    StageCost cost{H.data(),          g.data(),         size, nf, force_.data(),
                   velocity_H.data(), velocity_g.data()};
    term.add(point, 1.0, cost);
    Vector gradient(nx + n + nf);
    gradient << g.tail(nx), velocity_g.head(n), g.head(nf);
    H = Matrix(H.selfadjointView<Eigen::Lower>());
    Matrix hessian = Matrix::Zero(nx + n + nf, nx + n + nf);
    hessian.topLeftCorner(nx, nx) = H.bottomRightCorner(nx, nx);
    hessian.bottomRightCorner(nf, nf) = H.topLeftCorner(nf, nf);
    hessian.topRightCorner(nx, nf) = H.bottomLeftCorner(nx, nf);
    hessian.bottomLeftCorner(nf, nx) = H.topRightCorner(nf, nx);
    hessian.block(nx, nx, n, n) = velocity_H.topLeftCorner(n, n);
    return py::make_tuple(term.value(point), gradient, hessian);
  }

  /// Values and rows of an equality.
  py::typing::Tuple<Vector, Matrix> equality(const std::string& name, const Values& values,
                                             const Vector& x, const Vector& u) {
    const Interval interval = interval_of(values);
    const StagePoint point = at(interval, x, u);
    EqualityTerm& term = found(terms().equalities, name);
    const int most = term.capacity(transcription_.dynamics());
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(most,
                                                                                layout_.stride);
    rows.setZero();
    Vector result(most);
    const int m = term.evaluate(point, result.data(), rows.data());
    return py::make_tuple(Vector(result.head(m)),
                          Matrix(rows.topLeftCorner(m, layout_.nx + layout_.nu)));
  }

  /// Values (not negative where it holds) and rows of an inequality.
  py::typing::Tuple<Vector, Matrix> inequality(const std::string& name, const Values& values,
                                               const Vector& x, const Vector& u) {
    const Interval interval = interval_of(values);
    const StagePoint point = at(interval, x, u);
    InequalityTerm& term = found(terms().inequalities, name);
    StageQp stage;
    stage.blocks.resize(static_cast<std::size_t>(term.capacity(transcription_.dynamics())));
    term.add(point, layout_.force.data(), stage);
    int m = 0;
    for (int b = 0; b < stage.block_count; ++b) m += stage.blocks[static_cast<std::size_t>(b)].rows;
    Vector result(m);
    Matrix rows = Matrix::Zero(m, layout_.nx + layout_.nu);
    m = 0;
    for (int b = 0; b < stage.block_count; ++b) {
      const auto& block = stage.blocks[static_cast<std::size_t>(b)];
      for (int r = 0; r < block.rows; ++r, ++m) {
        result[m] = block.offset[r];
        for (int j = 0; j < block.size; ++j)
          rows(m, layout_.force_column() + block.first + j) = block.matrix[r][j];
      }
    }
    return py::make_tuple(result, rows);
  }

 private:
  StagePoint at(const Interval& interval, const Vector& x, const Vector& u) {
    const auto good = [](std::size_t size, int wanted) {
      return size == static_cast<std::size_t>(wanted);
    };
    if (x.size() != layout_.nstate || u.size() != layout_.nu ||
        !good(interval.contacts.size(), layout_.nc) ||
        !good(interval.state_reference.size(), layout_.nstate) ||
        !good(interval.input_reference.size(), layout_.nu))
      throw py::value_error("the interval, x or u does not fit the robot");
    return transcription_.evaluate(interval, x.data(), u.data());
  }

  template <class Term>
  static Term& found(const std::vector<std::unique_ptr<Term>>& terms, const std::string& name) {
    for (const auto& term : terms)
      if (term->name() == name) return *term;
    throw py::value_error("no term is called '" + name + "'");
  }

  Transcription transcription_;
  const Layout& layout_;
  std::vector<int> force_;
};

}  // namespace

py::dict interval_values(const Interval& interval) {
  py::dict d;
  d["time"] = interval.time;
  d["dt"] = interval.dt;
  d["state_reference"] = py::array_t<double>(
      static_cast<py::ssize_t>(interval.state_reference.size()), interval.state_reference.data());
  d["input_reference"] = py::array_t<double>(
      static_cast<py::ssize_t>(interval.input_reference.size()), interval.input_reference.data());
  py::list tasks;
  for (const auto& task : interval.contacts) {
    py::dict t;
    t["stance"] = task.stance;
    t["normal"] = task.normal;
    t["forward"] = task.forward;
    t["velocity"] = task.velocity;
    t["height"] = task.height;
    t["gain"] = task.gain;
    t["target"] = Eigen::Vector2d(task.target[0], task.target[1]);
    tasks.append(t);
  }
  d["contacts"] = tasks;
  return d;
}

Interval interval_of(const py::dict& d) {
  Interval interval;
  interval.time = py::cast<double>(d["time"]);
  interval.dt = py::cast<double>(d["dt"]);
  interval.state_reference = py::cast<std::vector<double>>(d["state_reference"]);
  interval.input_reference = py::cast<std::vector<double>>(d["input_reference"]);
  for (const auto& item : py::cast<py::list>(d["contacts"])) {
    const auto t = py::cast<py::dict>(item);
    ContactTask task;
    task.stance = py::cast<bool>(t["stance"]);
    task.normal = py::cast<Eigen::Vector3d>(t["normal"]);
    if (t.contains("forward")) task.forward = py::cast<Eigen::Vector3d>(t["forward"]);
    task.velocity = py::cast<double>(t["velocity"]);
    task.height = py::cast<double>(t["height"]);
    task.gain = py::cast<double>(t["gain"]);
    const auto target = py::cast<Eigen::Vector2d>(t["target"]);
    task.target[0] = target[0], task.target[1] = target[1];
    interval.contacts.push_back(task);
  }
  return interval;
}

void bind_mpc_problem(py::module_& m) {
  py::class_<ProblemTerms>(m, "ProblemTerms",
                           "The NMPC's terms by name, evaluated at an interval (as `problem` gives "
                           "it), state and input. Columns: tangent, joint velocities, forces.")
      .def(py::init<const RobotDescription&, const NmpcOptions&>(), py::arg("description"),
           py::arg("options"))
      .def_property_readonly("costs",
                             [](const ProblemTerms& p) { return p.names(p.terms().costs); })
      .def_property_readonly("equalities",
                             [](const ProblemTerms& p) { return p.names(p.terms().equalities); })
      .def_property_readonly("inequalities",
                             [](const ProblemTerms& p) { return p.names(p.terms().inequalities); })
      .def_property_readonly("end_costs",
                             [](const ProblemTerms& p) {
                               std::vector<std::string> names;
                               for (const auto& term : p.terms().costs)
                                 if (term->at_end()) names.push_back(term->name());
                               return names;
                             })
      .def("cost", &ProblemTerms::cost, py::arg("name"), py::arg("interval"), py::arg("x"),
           py::arg("u"), "Value, gradient and Gauss-Newton Hessian per second.")
      .def("equality", &ProblemTerms::equality, py::arg("name"), py::arg("interval"), py::arg("x"),
           py::arg("u"), "Values and their derivatives.")
      .def("inequality", &ProblemTerms::inequality, py::arg("name"), py::arg("interval"),
           py::arg("x"), py::arg("u"), "Values (not negative where it holds), derivatives.");
}

}  // namespace surefoot

#include "wbc_backend.hpp"

#include <utility>

namespace py = pybind11;

namespace surefoot {
namespace {

class PythonBackend : public QpBackend {
 public:
  explicit PythonBackend(py::object function) : function_(std::move(function)) {}
  ~PythonBackend() override {
    py::gil_scoped_acquire acquire;
    function_ = py::object();
  }

  bool solve(const Eigen::Ref<const Eigen::MatrixXd>& H, const Eigen::Ref<const Eigen::VectorXd>& g,
             const Eigen::Ref<const Eigen::MatrixXd>& C,
             const Eigen::Ref<const Eigen::VectorXd>& lower,
             const Eigen::Ref<const Eigen::VectorXd>& upper, Eigen::Ref<Eigen::VectorXd> z,
             Eigen::Ref<Eigen::VectorXd> multipliers) override {
    py::gil_scoped_acquire acquire;
    try {
      const py::object answer =
          function_(Eigen::MatrixXd(H), Eigen::VectorXd(g), Eigen::MatrixXd(C),
                    Eigen::VectorXd(lower), Eigen::VectorXd(upper));
      if (answer.is_none()) return false;
      const auto [point, duals] = answer.cast<std::pair<Eigen::VectorXd, Eigen::VectorXd>>();
      if (point.size() != z.size() || duals.size() != multipliers.size()) return false;
      z = point;
      multipliers = duals;
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

 private:
  py::object function_;
};

}  // namespace

std::shared_ptr<QpBackend> python_backend(py::object function) {
  return std::make_shared<PythonBackend>(std::move(function));
}

}  // namespace surefoot

#include "surefoot/control/parameters.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace surefoot {

void Parameters::add(std::string name, double* values, Eigen::Index size, Least least) {
  const Eigen::Map<const Eigen::VectorXd> given(values, size);
  const double low = least == Least::kZero ? 0.0 : given.minCoeff() / span_;
  all_.push_back({std::move(name), values, size, low, span_ * given.maxCoeff()});
}

void Parameters::remove(const std::string& prefix) {
  const auto begins = [&](const Parameter& item) { return item.name.rfind(prefix, 0) == 0; };
  std::vector<Parameter> rest;
  std::copy_if(all_.begin(), all_.end(), std::back_inserter(rest), std::not_fn(begins));
  all_.swap(rest);
}

const Parameter* Parameters::find(const std::string& name) const {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const Parameter& item) { return item.name == name; });
  return found == all_.end() ? nullptr : &*found;
}

void Parameters::set(const std::string& name, const Eigen::Ref<const Eigen::VectorXd>& values) {
  const Parameter* found = find(name);
  if (found == nullptr) throw std::invalid_argument("parameter '" + name + "' is unknown");
  std::ostringstream problem;
  problem << name << ": ";
  if (values.size() != found->size) {
    problem << "has " << values.size() << " numbers, must have " << found->size;
    throw std::invalid_argument(problem.str());
  }
  for (const double value : values)
    if (!(value >= found->low && value <= found->high)) {
      problem << value << " is outside [" << found->low << ", " << found->high << "]";
      throw std::invalid_argument(problem.str());
    }
  Eigen::Map<Eigen::VectorXd>(found->data, found->size) = values;
}

}  // namespace surefoot

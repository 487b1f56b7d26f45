#pragma once
#include <Eigen/Core>
#include <string>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot {

/// Numbers of a running controller that may be changed between ticks, and what each may be.
struct SUREFOOT_API Parameter {
  std::string name;  ///< section and key of the robot file, as "nmpc.base_position"
  double* data;
  Eigen::Index size;
  double low, high;  ///< of every number, both included

  Eigen::Map<const Eigen::VectorXd> values() const { return {data, size}; }
};

/// Gains and weights by their names in the robot file. None leaves the range about what the file
/// gives: at most `span` times its largest number, and, unless it may be zero, at least its
/// smallest over `span`. What the file leaves out with a zero stays out.
class SUREFOOT_API Parameters {
 public:
  explicit Parameters(double span) : span_(span) {}

  enum class Least { kZero, kPositive };
  /// `values` outlive this object.
  void add(std::string name, double* values, Eigen::Index size, Least least);
  void add(std::string name, double& value, Least least) { add(std::move(name), &value, 1, least); }
  /// Takes away every parameter whose name begins so.
  void remove(const std::string& prefix);

  const std::vector<Parameter>& all() const { return all_; }
  /// Null where there is none of that name.
  const Parameter* find(const std::string& name) const;
  /// Throws std::invalid_argument, and changes nothing, if there is no such parameter, its size is
  /// another, or a number is not finite or out of range.
  void set(const std::string& name, const Eigen::Ref<const Eigen::VectorXd>& values);

 private:
  double span_;
  std::vector<Parameter> all_;
};

}  // namespace surefoot

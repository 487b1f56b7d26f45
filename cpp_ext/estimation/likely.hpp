#pragma once

namespace surefoot {

/// A noise vector's squared norm over the trace of its covariance stays below it in all but about
/// one of a thousand samples (of three equal axes).
constexpr double kLikely = 16.3 / 3.0;

}  // namespace surefoot

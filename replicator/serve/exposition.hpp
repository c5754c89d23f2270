// Prometheus' text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everarchive::serve {

using labels = std::vector<std::pair<std::string_view, std::string>>;

/// Writes metrics family by family. Names are ours, never input; values of labels are escaped.
class exposition {
  public:
    enum class type { counter, gauge, histogram };

    /// Begins a family. A counter's name ends in _total, as the format's conventions have it.
    void family(std::string_view name, type kind, std::string_view help);

    void sample(const labels& of, double value);
    void sample(const labels& of, std::int64_t value);
    void sample(const labels& of, std::uint64_t value);

    /// `cumulative` has one more than `bounds`: all observations.
    void histogram(const labels& of, std::span<const double> bounds, std::span<const std::uint64_t> cumulative,
                   double sum);

    const std::string& text() const { return text_; }

    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  private:
    void line(std::string_view suffix, const labels& of, std::string_view bound, const std::string& value);

    std::string text_;
    std::string name_;
};

} // namespace everarchive::serve

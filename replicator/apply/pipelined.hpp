// Many small statements in one round trip: libpq's pipeline mode.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <unordered_map>

#include "capture/change.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

class pipelined {
  public:
    explicit pipelined(pq::connection& on) : on_(on) {}

    /// Statements in one go. More would fill both socket buffers: we would wait for the server to read and it for us.
    static constexpr std::size_t most = 128;

    /// Prepares `sql` once for the connection, then runs it for each of `rows` (parameters in text form, absent is
    /// NULL). `each` gets the index and result of every row. Throws the first error; the transaction is then failed.
    void run(const std::string& sql, std::span<const std::span<const capture::cell>> rows,
             const std::function<void(std::size_t, const pq::result&)>& each);

  private:
    const std::string& prepared(const std::string& sql, std::size_t parameters);
    void send(const std::string& name, std::span<const capture::cell> parameters);

    pq::connection& on_;
    std::unordered_map<std::string, std::string> names_;
    std::string text_; // the parameters with their terminating zeros
    std::vector<const char*> values_;
};

} // namespace everarchive::apply

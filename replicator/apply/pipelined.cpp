#include "apply/pipelined.hpp"

namespace everarchive::apply {

const std::string& pipelined::prepared(const std::string& sql, std::size_t parameters) {
    const auto [place, is_new] = names_.try_emplace(sql, "everarchive_" + std::to_string(names_.size()));
    if (is_new) {
        const pq::result answer(
            PQprepare(on_.raw(), place->second.c_str(), sql.c_str(), static_cast<int>(parameters), nullptr));
        if (PQresultStatus(answer.raw()) != PGRES_COMMAND_OK) {
            names_.erase(place);
            throw on_.error_of(answer.raw(), {});
        }
    }
    return place->second;
}

void pipelined::send(const std::string& name, std::span<const capture::cell> parameters) {
    std::size_t size = 0;
    for (const capture::cell& cell : parameters) {
        size += cell.text.size() + 1;
    }
    text_.clear();
    text_.reserve(size); // the pointers below stay valid
    values_.clear();
    for (const capture::cell& cell : parameters) {
        if (cell.is != capture::cell::state::value) {
            values_.push_back(nullptr);
            continue;
        }
        values_.push_back(text_.data() + text_.size());
        text_ += cell.text;
        text_ += '\0';
    }
    if (PQsendQueryPrepared(on_.raw(), name.c_str(), static_cast<int>(values_.size()), values_.data(), nullptr, nullptr,
                            0) != 1) {
        throw on_.last_error("cannot send a row");
    }
}

void pipelined::run(const std::string& sql, std::span<const std::span<const capture::cell>> rows,
                    const std::function<void(std::size_t, const pq::result&)>& each) {
    if (rows.empty()) {
        return;
    }
    const std::string& name = prepared(sql, rows.front().size());
    for (std::size_t start = 0; start < rows.size(); start += most) {
        const auto part = rows.subspan(start, std::min(most, rows.size() - start));
        if (PQenterPipelineMode(on_.raw()) != 1) {
            throw on_.last_error("cannot enter pipeline mode");
        }
        for (const auto row : part) {
            send(name, row);
        }
        if (PQpipelineSync(on_.raw()) != 1) {
            throw on_.last_error("cannot send rows");
        }
        // Each statement gives its result and then a null pointer; the synchronisation point ends it all.
        std::optional<pq::error> failed;
        std::size_t index = start;
        for (;;) {
            PGresult* raw = PQgetResult(on_.raw());
            if (raw == nullptr) {
                if (PQstatus(on_.raw()) == CONNECTION_BAD) {
                    throw on_.last_error("the connection was lost");
                }
                continue;
            }
            const pq::result answer(raw);
            const ExecStatusType status = PQresultStatus(raw);
            if (status == PGRES_PIPELINE_SYNC) {
                break;
            }
            if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
                each(index++, answer);
            } else if (status != PGRES_PIPELINE_ABORTED && !failed) {
                failed = on_.error_of(raw, {});
            }
        }
        if (PQexitPipelineMode(on_.raw()) != 1) {
            throw on_.last_error("cannot leave pipeline mode");
        }
        if (failed) {
            throw pq::error(*failed);
        }
    }
}

} // namespace everarchive::apply

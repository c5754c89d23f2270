#include "adapter/adapter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "adapter/mapping_sql.hpp"
#include "adapter/mirror_sql.hpp"
#include "adapter/parse_tree.hpp"
#include "base/error.hpp"

namespace everarchive::adapter {

namespace {

/// Folder names of adapters; no path can be one.
bool is_adapter_name(std::string_view name) {
    const auto inside = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), inside);
}

} // namespace

std::string_view in_words(foreign_key::action action) {
    switch (action) {
    case foreign_key::action::cascade:
        return "CASCADE";
    case foreign_key::action::set_null:
        return "SET NULL";
    case foreign_key::action::none:
        break;
    }
    return "NO ACTION";
}

std::optional<std::size_t> table::find(std::string_view column_name) const {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].name == column_name) {
            return i;
        }
    }
    return std::nullopt;
}

const table* adapter::find(std::string_view source_name) const {
    for (const table& t : tables) {
        if (t.source_name() == source_name) {
            return &t;
        }
    }
    return nullptr;
}

std::optional<std::size_t> adapter::index_of_mirror(std::string_view mirror_name) const {
    for (std::size_t i = 0; i < tables.size(); ++i) {
        if (tables[i].mirror_name() == mirror_name) {
            return i;
        }
    }
    return std::nullopt;
}

const table* adapter::find_mirror(std::string_view mirror_name) const {
    const std::optional<std::size_t> index = index_of_mirror(mirror_name);
    return index ? &tables[*index] : nullptr;
}

std::vector<std::string> list(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
        const std::string name = entry.path().filename().string();
        if (is_adapter_name(name) && std::filesystem::exists(entry.path() / "mirror.sql", failed)) {
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

adapter load(const std::filesystem::path& directory, std::string_view name) {
    const std::vector<std::string> there = list(directory);
    if (std::find(there.begin(), there.end(), name) == there.end()) {
        throw error(exit_code::settings, cause::needs_person,
                    fmt::format("there is no adapter \"{}\" in {}", name, directory.string()),
                    there.empty() ? "set EVERARCHIVE_ADAPTERS to the folder that holds the adapters"
                                  : fmt::format("adapters are: {}", fmt::join(there, ", ")));
    }
    adapter made;
    made.name = name;
    const std::filesystem::path folder = directory / name;
    read_mirror(sql_file((folder / "mirror.sql").string()), made);
    read_mapping(sql_file((folder / "mapping.sql").string()), made);
    return made;
}

} // namespace everarchive::adapter

#include "archive/entity_object.hpp"

namespace everarchive::archive {

std::string_view below_version_folder(std::string_view path, std::int64_t n) {
    const std::string folder = "v" + std::to_string(n) + "/";
    if (path.starts_with(folder)) {
        return path.substr(folder.size());
    }
    // From the right: a key that looks like a version folder comes before the real one.
    const std::size_t at = path.rfind("/" + folder);
    return at == std::string_view::npos ? path : path.substr(at + 1 + folder.size());
}

written_version write_entity_version(const ocfl_root& root, const archive_object& about, const package_files& files,
                                     publish how) {
    object_writer object(root, about.ocfl_id, about.ocfl_version,
                         {about.created, "version of a catalogue record", "everarchive", "https://everarchive.org/"},
                         how);
    std::int64_t versions = 0;
    std::int64_t last_version = 0;
    files([&](const package_file& one) {
        const std::string_view below = below_version_folder(one.path, one.n);
        object.add(one.newest ? std::string(below) : "earlier/v" + std::to_string(one.n) + "/" + std::string(below),
                   one.content);
        versions += one.version_id != last_version ? 1 : 0;
        last_version = one.version_id;
    });
    require_complete(about, versions);
    return object.commit();
}

} // namespace everarchive::archive

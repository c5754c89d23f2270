#include <set>

#include "archive/durable_file.hpp"
#include "archive/ocfl_names.hpp"
#include "archive/ocfl_root.hpp"
#include "archive/ocfl_validator.hpp"

namespace everarchive::archive {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

class root_validator {
  public:
    root_validator(fs::path root, const std::function<bool(std::size_t)>& after_object)
        : root_(std::move(root)), after_object_(after_object) {}

    problems run() {
        std::error_code missing;
        if (!fs::is_directory(root_, missing)) {
            report("E069", "", "not a directory");
            return found_;
        }
        check_declaration();
        check_layout();
        check_top();
        return found_;
    }

  private:
    void report(const char* code, std::string path, std::string message) {
        found_.push_back({code, std::move(path), std::move(message)});
    }

    void check_declaration() {
        std::vector<std::string> declarations;
        for (const auto& entry : fs::directory_iterator(root_)) {
            if (const std::string name = entry.path().filename().string(); name.starts_with("0=")) {
                declarations.push_back(name);
            }
        }
        if (declarations.empty()) {
            report("E069", "", "no conformance declaration: not an OCFL storage root");
            return;
        }
        if (declarations.size() > 1) {
            report("E076", "", "more than one conformance declaration");
            return;
        }
        const std::string& name = declarations.front();
        if (name != "0=ocfl_1.0" && name != "0=ocfl_1.1") {
            report("E079", name, "not the declaration of OCFL 1.0 or 1.1");
            return;
        }
        spec_ = name.substr(std::string_view("0=ocfl_").size());
        if (durable::read_file(root_ / name, 1024) != name.substr(2) + "\n") {
            report("E080", name, "the declaration does not say " + name.substr(2) + " and a newline");
        }
    }

    void check_layout() {
        const fs::path file = root_ / "ocfl_layout.json";
        std::error_code missing;
        if (!fs::is_regular_file(file, missing)) {
            return; // optional
        }
        const json layout = json::parse(durable::read_file(file, 1U << 20U), nullptr, false);
        if (!layout.is_object() || !layout.contains("extension") || !layout.contains("description")) {
            report("E070", "ocfl_layout.json", "the keys extension and description are not both there");
            return;
        }
        if (!layout["extension"].is_string() ||
            !is_registered_extension(layout["extension"].get_ref<const std::string&>())) {
            report("E071", "ocfl_layout.json", "extension is not a registered name: " + layout["extension"].dump());
            return;
        }
        hashed_ = layout["extension"] == layout_extension && default_parameters();
    }

    /// Where the objects lie is checked for the layout that we write: 0004 with its default parameters.
    bool default_parameters() const {
        const fs::path file = root_ / "extensions" / layout_extension / "config.json";
        std::error_code missing;
        if (!fs::is_regular_file(file, missing)) {
            return true;
        }
        const json config = json::parse(durable::read_file(file, 1U << 20U), nullptr, false);
        return config.is_object() && config.value("digestAlgorithm", json("sha256")) == "sha256" &&
               config.value("tupleSize", json(3)) == 3 && config.value("numberOfTuples", json(3)) == 3 &&
               config.value("shortObjectRoot", json(false)) == false;
    }

    void check_top() {
        for (const auto& entry : fs::directory_iterator(root_)) {
            const std::string name = entry.path().filename().string();
            const fs::file_status about = entry.symlink_status();
            if (fs::is_symlink(about)) {
                report("E090", name, "a symbolic link");
            } else if (fs::is_directory(about) && name == "extensions") {
                check_extensions();
            } else if (fs::is_directory(about) && !walk(entry.path(), name)) {
                return;
            }
        }
    }

    void check_extensions() {
        for (const auto& entry : fs::directory_iterator(root_ / "extensions")) {
            const std::string name = entry.path().filename().string();
            if (!fs::is_directory(entry.symlink_status())) {
                report("E112", "extensions/" + name, "not a directory");
            } else if (!is_registered_extension(name)) {
                report("W016", "extensions/" + name, "not the name of a registered extension");
            }
        }
    }

    /// Goes down to the object roots. Returns false when it was asked to stop.
    bool walk(const fs::path& directory, const std::string& name) {
        std::vector<fs::directory_entry> entries;
        bool object = false;
        for (const auto& entry : fs::directory_iterator(directory)) {
            object = object || entry.path().filename().string().starts_with("0=ocfl_object_");
            entries.push_back(entry);
        }
        if (object) {
            return check_object(directory, name);
        }
        if (entries.empty()) {
            report("E073", name, "an empty directory");
        }
        for (const auto& entry : entries) {
            const std::string child = name + "/" + entry.path().filename().string();
            const fs::file_status about = entry.symlink_status();
            if (fs::is_symlink(about)) {
                report("E090", child, "a symbolic link");
            } else if (!fs::is_directory(about)) {
                report("E072", child, "a file that belongs to no object");
            } else if (!walk(entry.path(), child)) {
                return false;
            }
        }
        return true;
    }

    bool check_object(const fs::path& directory, const std::string& name) {
        for (problem& one : validate_object(directory)) {
            one.path = one.path.empty() ? name : name + "/" + one.path;
            found_.push_back(std::move(one));
        }
        if (!spec_.empty() && spec_ == "1.0" && fs::exists(directory / "0=ocfl_object_1.1")) {
            report("E081", name, "an object of OCFL 1.1 in a storage root of 1.0");
        }
        if (hashed_) {
            const std::string id = object_id(directory);
            if (!id.empty() && layout_path(id) != name) {
                report("E083", name, "the layout puts the object " + id + " at " + layout_path(id).string());
            }
        }
        ++objects_;
        return !after_object_ || after_object_(objects_);
    }

    static std::string object_id(const fs::path& directory) {
        std::error_code missing;
        if (!fs::is_regular_file(directory / "inventory.json", missing)) {
            return {};
        }
        const json inventory = json::parse(durable::read_file(directory / "inventory.json"), nullptr, false);
        const bool named = inventory.is_object() && inventory.contains("id") && inventory["id"].is_string();
        return named ? inventory["id"].get<std::string>() : std::string();
    }

    fs::path root_;
    const std::function<bool(std::size_t)>& after_object_;
    problems found_;
    std::string spec_;
    bool hashed_ = false;
    std::size_t objects_ = 0;
};

} // namespace

problems validate_root(const fs::path& root, const std::function<bool(std::size_t)>& after_object) {
    try {
        return root_validator(root, after_object).run();
    } catch (const fs::filesystem_error& e) {
        durable::fail(e.code().value(), "cannot read", e.path1());
    }
}

} // namespace everarchive::archive

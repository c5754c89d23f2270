// `everarchive import-vocabulary FILE`: terms and mappings of a subject vocabulary. The program reads the file and
// passes on what counts; what it means, the database says (everarchive.vocabulary_load), in one transaction.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "apply/copy_text.hpp"
#include "base/progress_bar.hpp"
#include "base/stop.hpp"
#include "cli/command.hpp"
#include "vocabulary/csv.hpp"
#include "vocabulary/ntriples.hpp"
#include "vocabulary/packed_file.hpp"
#include "vocabulary/rdf_xml.hpp"
#include "vocabulary/statement.hpp"

namespace everarchive::cli {

namespace {

constexpr std::size_t copy_bytes = 64 * 1024;
constexpr std::int64_t problems_shown = 20;

struct arguments {
    std::filesystem::path file;
    std::string scheme;
    std::string name;
    std::string version;
    std::string format;
    bool replace = false;
    std::int64_t max_bad = 100;
};

/// Ends a load that was asked to stop, or that has too many bad lines; nothing of it stays.
struct stopped {};

/// The name of a load: that of the file up to the first dot, as everarchive.vocabulary wants it.
std::string name_of(const std::filesystem::path& file) {
    std::string name = file.filename().string();
    name = name.substr(0, name.find('.'));
    for (char& c : name) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        c = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ? c : '_';
    }
    name = name.substr(0, 60);
    return name.empty() || name[0] == '_' || name[0] == '-' ? "vocabulary" + name.substr(0, 50) : name;
}

/// By the ending of the name, without that of the packing.
std::string format_of(const std::filesystem::path& file) {
    std::filesystem::path name = file.filename();
    const std::string packing = name.extension().string();
    if (packing == ".gz" || packing == ".bz2" || packing == ".xz" || packing == ".zip") {
        name = name.stem();
    }
    const std::string ending = name.extension().string();
    if (ending == ".nt") {
        return "ntriples";
    }
    if (ending == ".csv") {
        return "csv";
    }
    if (ending == ".rdf" || ending == ".xml" || ending == ".skosrdf") {
        return "skos-xml";
    }
    throw error(exit_code::arguments, cause::needs_person,
                "the name of " + file.string() + " does not say what format it has",
                "give it: --format skos-xml, --format ntriples or --format csv");
}

class loader {
  public:
    loader(pq::connection& on, const arguments& asked, vocabulary::packed_file& file)
        : on_(on), asked_(asked), file_(file), bar_("reading " + asked.file.filename().string(), "bytes") {
        on_.run(
            "CREATE TEMP TABLE everarchive_vocabulary (what \"char\", subject text, scheme text, term text, language "
            "text, relation text, object text, object_scheme text, object_term text)");
        on_.copy_in_begin("COPY pg_temp.everarchive_vocabulary FROM STDIN");
    }

    void read() {
        const vocabulary::byte_source in = [this](char* buffer, std::size_t size) {
            if (stop_requested()) {
                throw stopped{};
            }
            const std::size_t got = file_.read(buffer, size);
            bar_.show(file_.done(), file_.size());
            return got;
        };
        const std::string name = asked_.file.filename().string();
        const auto use_triple = [this](const vocabulary::triple& said) { add(said); };
        const auto bad = [this](std::int64_t line, const std::string& problem) { add_bad(line, problem); };
        if (asked_.format == "ntriples") {
            vocabulary::read_ntriples(in, use_triple, bad);
        } else if (asked_.format == "csv") {
            vocabulary::read_csv(
                in, name, [this](const vocabulary::statement& row) { add(row); }, bad);
        } else {
            vocabulary::read_rdf_xml(in, name, use_triple);
        }
        flush();
        on_.copy_in_end();
        on_.run("ANALYZE pg_temp.everarchive_vocabulary");
    }

    std::int64_t left_out() const { return bad_ + left_out_; }

  private:
    void add(const vocabulary::triple& said) {
        switch (vocabulary::statement_of(said, row_)) {
        case vocabulary::verdict::counts:
            if (row_.term.size() > longest_term) {
                ++left_out_;
                tell("a term of over 1,000 bytes, of " + row_.subject);
            } else {
                add(row_);
            }
            break;
        case vocabulary::verdict::left_out:
            ++left_out_;
            tell("a mapping without addresses, or with one of over 200 bytes: " + said.subject);
            break;
        case vocabulary::verdict::other:
            break;
        }
    }

    void add(const vocabulary::statement& row) {
        out_ += row.what;
        const std::string* given =
            row.what == 'c' && row.scheme.empty() && row.subject.empty() ? &asked_.scheme : &row.scheme;
        for (const std::string* value : {&row.subject, given, &row.term, &row.language, &row.relation, &row.object,
                                         &row.object_scheme, &row.object_term}) {
            out_ += '\t';
            if (value->empty()) {
                out_ += "\\N";
            } else {
                apply::append_copy_value(out_, *value);
            }
        }
        out_ += '\n';
        if (out_.size() >= copy_bytes) {
            flush();
        }
    }

    void flush() {
        on_.copy_in_put(out_);
        out_.clear();
    }

    void add_bad(std::int64_t line, const std::string& problem) {
        ++bad_;
        tell("line " + std::to_string(line) + ": " + problem);
        if (bad_ > asked_.max_bad) {
            throw error(
                exit_code::refused, cause::needs_person,
                fmt::format("{} has more than {} bad lines: nothing was loaded", asked_.file.string(), asked_.max_bad),
                "is " + asked_.format + " its format? Otherwise mend them, or allow more with --max-bad N");
        }
    }

    void tell(const std::string& problem) {
        if (++told_ <= problems_shown) {
            std::cerr << asked_.file.filename().string() << ' ' << problem << '\n';
        } else if (told_ == problems_shown + 1) {
            std::cerr << "… and so on\n";
        }
    }

    static constexpr std::size_t longest_term = 1000; // of what an index takes

    pq::connection& on_;
    const arguments& asked_;
    vocabulary::packed_file& file_;
    progress_bar bar_;
    vocabulary::statement row_;
    std::string out_;
    std::int64_t bad_ = 0;
    std::int64_t left_out_ = 0;
    std::int64_t told_ = 0;
};

pq::parameter or_null(const std::string& text) {
    return text.empty() ? pq::parameter() : pq::parameter(text);
}

exit_code run_import_vocabulary(const context& context, arguments asked) {
    asked.format = asked.format.empty() ? format_of(asked.file) : asked.format;
    asked.name = asked.name.empty() ? name_of(asked.file) : asked.name;
    vocabulary::packed_file file(asked.file);
    catch_stop_signals();
    pq::connection on = open_database(context);
    pq::transaction transaction(on);
    loader load(on, asked, file);
    try {
        load.read();
    } catch (const stopped&) {
        std::cout << "stopped: nothing was loaded\n";
        return exit_code::ok;
    }
    const pq::result made =
        on.run("SELECT terms, maps, loaded_at <> pg_catalog.now() FROM everarchive.vocabulary_load($1, $2, $3, $4, $5, "
               "pg_catalog.decode($6, 'hex'), $7::bigint, $8::boolean)",
               {asked.name, or_null(asked.scheme), or_null(asked.version), asked.file.filename().string(), asked.format,
                file.sha256(), std::to_string(load.left_out()), asked.replace ? "true" : "false"});
    transaction.commit();
    if (made.text(0, 2) == "t") {
        std::cout << asked.name << " is loaded from this file already\n";
        return exit_code::ok;
    }
    std::cout << fmt::format("{}: {} terms, {} mappings; {} left out\n", asked.name, grouped(made.number(0, 0)),
                             grouped(made.number(0, 1)), grouped(load.left_out()));
    return exit_code::ok;
}

} // namespace

void add_import_vocabulary(CLI::App& app, context& context) {
    CLI::App* command =
        app.add_subcommand("import-vocabulary", "load a subject vocabulary with its mappings (LCSH, FAST, MeSH, a list "
                                                "of your own); packed files (gz, bz2, xz, zip) are "
                                                "unpacked on the way");
    auto asked = std::make_shared<arguments>();
    command->add_option("FILE", asked->file, "the file")->required();
    command->add_option(
        "--scheme", asked->scheme,
        "code of the vocabulary, as in $2 of MARC headings, for concepts whose address does not say it");
    command->add_option("--name", asked->name, "what the load is called, to be replaced by; without it, as the file");
    command->add_option("--vocabulary-version", asked->version, "the publisher's version or date, kept beside it");
    command->add_option("--format", asked->format, "skos-xml, ntriples or csv; without it, by the file's ending")
        ->check(CLI::IsMember({"skos-xml", "ntriples", "csv"}));
    command->add_flag("--replace", asked->replace, "load it in place of the one of the same name, in one transaction");
    command->add_option("--max-bad", asked->max_bad, "how many lines may be bad before nothing is loaded")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    command->callback(
        [&context, asked] { context.chosen = [&context, asked] { return run_import_vocabulary(context, *asked); }; });
}

} // namespace everarchive::cli

// RDF/XML (W3C Recommendation "RDF 1.1 XML Syntax", 25 February 2014) as far as vocabularies are written in it: node
// and property elements in turn, rdf:about, rdf:nodeID, rdf:resource, rdf:parseType="Resource", property attributes,
// xml:lang.
#pragma once

#include "vocabulary/triple.hpp"

namespace everarchive::vocabulary {

/// Calls `use` with every statement; memory is that of one path from the root. Nothing is fetched, and a document type,
/// which could declare entities, is refused. XML literals and containers say nothing here. Relative addresses are left
/// as they are. Throws everarchive::error (refused) with `name` and the line for what is not well-formed.
void read_rdf_xml(const byte_source& in, const std::string& name, const std::function<void(const triple&)>& use);

} // namespace everarchive::vocabulary

#include "archive/premis.hpp"

#include <fmt/format.h>

namespace everarchive::archive {

namespace {

// The names of events and agents are those of the vocabularies at id.loc.gov/vocabulary/preservation.
constexpr std::string_view document = R"(<?xml version="1.0" encoding="UTF-8"?>
<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0">
  <object xsi:type="representation">
    <objectIdentifier>
      <objectIdentifierType>URI</objectIdentifierType>
      <objectIdentifierValue>{id}</objectIdentifierValue>
    </objectIdentifier>
    <significantProperties>
      <significantPropertiesType>versions of catalogue records</significantPropertiesType>
      <significantPropertiesValue>{versions}</significantPropertiesValue>
    </significantProperties>
    <relationship>
      <relationshipType>structural</relationshipType>
      <relationshipSubType>has part</relationshipSubType>
      <relatedObjectIdentifier>
        <relatedObjectIdentifierType>URI</relatedObjectIdentifierType>
        <relatedObjectIdentifierValue>{id}#records.zip</relatedObjectIdentifierValue>
      </relatedObjectIdentifier>
    </relationship>
    <linkingEventIdentifier>
      <linkingEventIdentifierType>URI</linkingEventIdentifierType>
      <linkingEventIdentifierValue>{id}#creation</linkingEventIdentifierValue>
    </linkingEventIdentifier>
  </object>
  <object xsi:type="file">
    <objectIdentifier>
      <objectIdentifierType>URI</objectIdentifierType>
      <objectIdentifierValue>{id}#records.zip</objectIdentifierValue>
    </objectIdentifier>
    <objectCharacteristics>
      <compositionLevel>1</compositionLevel>
      <fixity>
        <messageDigestAlgorithm>SHA-512</messageDigestAlgorithm>
        <messageDigest>{sha512}</messageDigest>
        <messageDigestOriginator>everarchive {software}</messageDigestOriginator>
      </fixity>
      <size>{bytes}</size>
      <format>
        <formatDesignation>
          <formatName>application/zip</formatName>
        </formatDesignation>
        <formatRegistry>
          <formatRegistryName>PRONOM</formatRegistryName>
          <formatRegistryKey>x-fmt/263</formatRegistryKey>
        </formatRegistry>
        <formatNote>{files} files</formatNote>
      </format>
    </objectCharacteristics>
    <originalName>records.zip</originalName>
  </object>
  <event>
    <eventIdentifier>
      <eventIdentifierType>URI</eventIdentifierType>
      <eventIdentifierValue>{id}#creation</eventIdentifierValue>
    </eventIdentifier>
    <eventType>creation</eventType>
    <eventDateTime>{created}</eventDateTime>
    <eventDetailInformation>
      <eventDetail>packaged from the preservation database</eventDetail>
    </eventDetailInformation>
    <eventOutcomeInformation>
      <eventOutcome>success</eventOutcome>
    </eventOutcomeInformation>
    <linkingAgentIdentifier>
      <linkingAgentIdentifierType>local</linkingAgentIdentifierType>
      <linkingAgentIdentifierValue>everarchive {software}</linkingAgentIdentifierValue>
    </linkingAgentIdentifier>
    <linkingObjectIdentifier>
      <linkingObjectIdentifierType>URI</linkingObjectIdentifierType>
      <linkingObjectIdentifierValue>{id}</linkingObjectIdentifierValue>
    </linkingObjectIdentifier>
  </event>
  <agent>
    <agentIdentifier>
      <agentIdentifierType>local</agentIdentifierType>
      <agentIdentifierValue>everarchive {software}</agentIdentifierValue>
    </agentIdentifier>
    <agentName>everarchive</agentName>
    <agentType>software</agentType>
    <agentVersion>{software}</agentVersion>
  </agent>
</premis>
)";

} // namespace

std::string xml_escape(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        switch (c) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&apos;";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
                escaped += "\xEF\xBF\xBD";
            } else {
                escaped += c;
            }
        }
    }
    return escaped;
}

std::string premis_xml(const premis_segment& about) {
    return fmt::format(document, fmt::arg("id", xml_escape(about.ocfl_id)), fmt::arg("versions", about.versions),
                       fmt::arg("files", about.files), fmt::arg("sha512", about.zip_sha512),
                       fmt::arg("bytes", about.zip_bytes), fmt::arg("created", xml_escape(about.created)),
                       fmt::arg("software", xml_escape(about.software_version)));
}

} // namespace everarchive::archive

-- title: DSpace 7 to 9 (and 10): items with their metadata, bitstreams, collections and communities
-- system: postgresql
--
-- This list is the privacy wall: a column that is not here never leaves the DSpace database. It names no eperson, no group, no
-- policy, no submitter. DSpace keeps the names and phone numbers of its users in metadatavalue, between the titles of
-- items: `Only of:` lets in no row that does not belong to an item, a collection, a community, a bundle or a bitstream.

CREATE TABLE public.item (
    uuid              uuid PRIMARY KEY,
    in_archive        boolean,
    withdrawn         boolean,
    discoverable      boolean,
    owning_collection uuid
);
COMMENT ON TABLE public.item IS 'items. Touches: bib (uuid), object (bitstream_id of public_bundle2bitstream where bundle_id = bundle_id of public_item2bundle where item_id = uuid).';

CREATE TABLE public.collection (
    uuid uuid PRIMARY KEY
);
COMMENT ON TABLE public.collection IS 'collections: for queries on the mirror, no part of an entity. Touches: nothing.';

CREATE TABLE public.community (
    uuid uuid PRIMARY KEY
);
COMMENT ON TABLE public.community IS 'communities: for queries on the mirror, no part of an entity. Touches: nothing.';

CREATE TABLE public.bundle (
    uuid                 uuid PRIMARY KEY,
    primary_bitstream_id uuid
);
COMMENT ON TABLE public.bundle IS 'bundles of files: ORIGINAL, TEXT, THUMBNAIL, LICENSE. Touches: object (bitstream_id of public_bundle2bitstream where bundle_id = uuid).';

CREATE TABLE public.bitstream (
    uuid                uuid PRIMARY KEY,
    bitstream_format_id integer,
    size_bytes          bigint,
    checksum            text,
    checksum_algorithm  text,
    internal_id         text,
    store_number        integer,
    sequence_id         integer,
    deleted             boolean
);
CREATE INDEX ON public.bitstream (bitstream_format_id);
COMMENT ON TABLE public.bitstream IS 'files. Touches: object (uuid).';
COMMENT ON COLUMN public.bitstream.internal_id IS 'the name of the file in the asset store: 12345… lies in assetstore/12/34/5…';

CREATE TABLE public.metadataschemaregistry (
    metadata_schema_id integer PRIMARY KEY,
    namespace          text,
    short_id           text
);
COMMENT ON TABLE public.metadataschemaregistry IS 'schemas of metadata: dc, dcterms, … Touches: bib (dspace_object_id of public_metadatavalue where metadata_field_id = metadata_field_id of public_metadatafieldregistry where metadata_schema_id = metadata_schema_id), object (dspace_object_id of public_metadatavalue where metadata_field_id = metadata_field_id of public_metadatafieldregistry where metadata_schema_id = metadata_schema_id).';

CREATE TABLE public.metadatafieldregistry (
    metadata_field_id  integer PRIMARY KEY,
    metadata_schema_id integer,
    element            text,
    qualifier          text
);
CREATE INDEX ON public.metadatafieldregistry (metadata_schema_id);
COMMENT ON TABLE public.metadatafieldregistry IS 'fields of metadata. Touches: bib (dspace_object_id of public_metadatavalue where metadata_field_id = metadata_field_id), object (dspace_object_id of public_metadatavalue where metadata_field_id = metadata_field_id).';

CREATE TABLE public.metadatavalue (
    metadata_value_id integer PRIMARY KEY,
    metadata_field_id integer,
    text_value        text,
    text_lang         text,
    place             integer,
    authority         text,
    confidence        integer,
    dspace_object_id  uuid,
    security_level    integer
);
CREATE INDEX ON public.metadatavalue (dspace_object_id);
CREATE INDEX ON public.metadatavalue (metadata_field_id);
COMMENT ON TABLE public.metadatavalue IS 'the metadata: one row for each value. Touches: bib (dspace_object_id), object (dspace_object_id), object (bitstream_id of public_bundle2bitstream where bundle_id = dspace_object_id).';
COMMENT ON COLUMN public.metadatavalue.dspace_object_id IS 'what it describes. Only of: public_item, public_collection, public_community, public_bundle, public_bitstream.';
COMMENT ON COLUMN public.metadatavalue.security_level IS 'Optional. Who may see it, from DSpace 10 on';

CREATE TABLE public.bitstreamformatregistry (
    bitstream_format_id integer PRIMARY KEY,
    mimetype            text,
    short_description   text
);
COMMENT ON TABLE public.bitstreamformatregistry IS 'formats of files. Touches: object (uuid of public_bitstream where bitstream_format_id = bitstream_format_id).';

CREATE TABLE public.item2bundle (
    bundle_id uuid,
    item_id   uuid,
    PRIMARY KEY (bundle_id, item_id)
);
CREATE INDEX ON public.item2bundle (item_id);
COMMENT ON TABLE public.item2bundle IS 'which bundles an item has. Touches: object (bitstream_id of public_bundle2bitstream where bundle_id = bundle_id).';

CREATE TABLE public.bundle2bitstream (
    bitstream_id    uuid,
    bundle_id       uuid,
    bitstream_order integer,
    PRIMARY KEY (bitstream_id, bundle_id, bitstream_order)
);
CREATE INDEX ON public.bundle2bitstream (bundle_id);
COMMENT ON TABLE public.bundle2bitstream IS 'which files a bundle has. Touches: object (bitstream_id).';

CREATE TABLE public.collection2item (
    collection_id uuid,
    item_id       uuid,
    PRIMARY KEY (collection_id, item_id)
);
CREATE INDEX ON public.collection2item (item_id);
COMMENT ON TABLE public.collection2item IS 'the collections that show an item. Touches: bib (item_id).';

CREATE TABLE public.community2collection (
    collection_id uuid,
    community_id  uuid,
    PRIMARY KEY (collection_id, community_id)
);
COMMENT ON TABLE public.community2collection IS 'which community a collection belongs to: for queries on the mirror. Touches: nothing.';

CREATE TABLE public.community2community (
    parent_comm_id uuid,
    child_comm_id  uuid,
    PRIMARY KEY (parent_comm_id, child_comm_id)
);
COMMENT ON TABLE public.community2community IS 'communities within communities: for queries on the mirror. Touches: nothing.';

CREATE TABLE public.handle (
    handle_id        integer PRIMARY KEY,
    handle           text,
    resource_type_id integer,
    resource_id      uuid
);
CREATE INDEX ON public.handle (resource_id);
COMMENT ON TABLE public.handle IS 'persistent identifiers. Touches: bib (resource_id).';
COMMENT ON COLUMN public.handle.resource_id IS 'null when what it named was deleted: the row stays, so that the handle is never given again';

CREATE TABLE public.versionitem (
    versionitem_id    integer PRIMARY KEY,
    item_id           uuid,
    version_number    integer,
    versionhistory_id integer
);
CREATE INDEX ON public.versionitem (item_id);
COMMENT ON TABLE public.versionitem IS 'items that are versions of one another: an older one is no longer in the archive, but kept. Touches: bib (item_id), object (bitstream_id of public_bundle2bitstream where bundle_id = bundle_id of public_item2bundle where item_id = item_id). Optional.';

CREATE TABLE public.workspaceitem (
    workspace_item_id integer PRIMARY KEY,
    item_id           uuid
);
CREATE INDEX ON public.workspaceitem (item_id);
COMMENT ON TABLE public.workspaceitem IS 'items that somebody is still writing: these are no entities. Touches: bib (item_id), object (bitstream_id of public_bundle2bitstream where bundle_id = bundle_id of public_item2bundle where item_id = item_id).';

CREATE TABLE public.cwf_workflowitem (
    workflowitem_id integer PRIMARY KEY,
    item_id         uuid
);
CREATE INDEX ON public.cwf_workflowitem (item_id);
COMMENT ON TABLE public.cwf_workflowitem IS 'items that wait to be accepted: these are no entities. Touches: bib (item_id), object (bitstream_id of public_bundle2bitstream where bundle_id = bundle_id of public_item2bundle where item_id = item_id). Optional.';

-- Subjects: terms of vocabularies and what they are in other vocabularies. A load is replaced as a whole: its rows have its
-- number. No foreign keys to vocabulary: a load is millions of rows in one transaction with that one row. What is only ever
-- compared for equality is COLLATE "C": faster, and no index changes its order with the operating system.

CREATE TABLE @extschema@.vocabulary (
    vocabulary_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,59}$'),
    scheme        text CHECK (scheme <> ''),
    version       text,
    file          text NOT NULL,
    format        text NOT NULL CHECK (format IN ('skos-xml', 'ntriples', 'csv')),
    sha256        bytea NOT NULL CHECK (pg_catalog.octet_length(sha256) = 32),
    terms         bigint NOT NULL,
    maps          bigint NOT NULL,
    left_out      bigint NOT NULL,
    loaded_at     timestamptz NOT NULL DEFAULT pg_catalog.now(),
    replaced_at   timestamptz
);
COMMENT ON TABLE @extschema@.vocabulary IS 'loads of vocabularies and mappings, one row each; made by everarchive import-vocabulary, taken away by vocabulary_remove()';
COMMENT ON COLUMN @extschema@.vocabulary.name IS 'what a load is called and replaced by';
COMMENT ON COLUMN @extschema@.vocabulary.scheme IS 'of concepts whose address and skos:inScheme say nothing';
COMMENT ON COLUMN @extschema@.vocabulary.terms IS 'rows of subject_term';
COMMENT ON COLUMN @extschema@.vocabulary.maps IS 'mappings in the file; subject_map has each in both directions';
COMMENT ON COLUMN @extschema@.vocabulary.left_out IS 'lines, terms and mappings that could not be taken: the program named the first of them';
COMMENT ON COLUMN @extschema@.vocabulary.replaced_at IS 'since when its rows are gone; null for what is in force';
CREATE UNIQUE INDEX vocabulary_in_force ON @extschema@.vocabulary (name) WHERE replaced_at IS NULL;

CREATE TABLE @extschema@.subject_scheme (
    prefix text PRIMARY KEY CHECK (prefix ~ '^https?://.'),
    scheme text NOT NULL CHECK (scheme <> '')
);
COMMENT ON TABLE @extschema@.subject_scheme IS 'of which scheme the concepts are whose address begins so, for the site''s own lists; counts before the ones that come with the extension (scheme_address)';

CREATE TABLE @extschema@.subject_term (
    vocabulary_id integer NOT NULL,
    scheme        text NOT NULL,
    uri           text,
    reference     text COLLATE "C",
    term          text NOT NULL,
    key           text COLLATE "C" NOT NULL,
    preferred     boolean NOT NULL,
    language      text
);
COMMENT ON TABLE @extschema@.subject_term IS 'labels of the concepts of loaded vocabularies, preferred ones and others';
COMMENT ON COLUMN @extschema@.subject_term.scheme IS 'code of the vocabulary as in $2 of a MARC heading: lcsh, fast, mesh, …';
COMMENT ON COLUMN @extschema@.subject_term.reference IS 'the address as marc_authority_reference() has it, so that $0 finds it too';
COMMENT ON COLUMN @extschema@.subject_term.key IS 'the term as marc_subject_key() has it';
CREATE INDEX subject_term_key ON @extschema@.subject_term (scheme, key);
CREATE INDEX subject_term_reference ON @extschema@.subject_term (reference) WHERE reference IS NOT NULL;

CREATE TABLE @extschema@.subject_map (
    vocabulary_id  integer NOT NULL,
    from_scheme    text NOT NULL,
    from_uri       text,
    from_reference text COLLATE "C",
    from_term      text,
    from_key       text COLLATE "C",
    relation       text NOT NULL CHECK (relation IN ('exact', 'close', 'broad', 'narrow', 'related')),
    to_scheme      text NOT NULL,
    to_uri         text,
    to_reference   text COLLATE "C",
    to_term        text,
    inverse        boolean NOT NULL,
    CHECK (from_key IS NOT NULL OR from_reference IS NOT NULL),
    CHECK (to_term IS NOT NULL OR to_uri IS NOT NULL)
);
COMMENT ON TABLE @extschema@.subject_map IS 'what a term or concept of one scheme is in another, by the vocabularies that are loaded; read by map_heading()';
COMMENT ON COLUMN @extschema@.subject_map.from_key IS 'the term as marc_subject_key() has it; null when the load has only the address: subject_term of another load may know its terms';
COMMENT ON COLUMN @extschema@.subject_map.relation IS 'the target is exactly the same, close, broader, narrower or related';
COMMENT ON COLUMN @extschema@.subject_map.inverse IS 'true for the other direction of what the file says';
CREATE INDEX subject_map_key ON @extschema@.subject_map (from_scheme, from_key, to_scheme) WHERE from_key IS NOT NULL;
CREATE INDEX subject_map_reference ON @extschema@.subject_map (from_reference, to_scheme) WHERE from_reference IS NOT NULL;

-- The peers of marc_fields(): MARC::Record in PL/Perl, from MARCXML as Evergreen keeps it, and from ISO 2709.
CREATE FUNCTION perl_fields_of_xml(x text) RETURNS TABLE (ord integer, tag text, ind1 text, ind2 text, code text, value text) LANGUAGE plperlu AS $perl$
	use MARC::Record;
	use MARC::File::XML (BinaryEncoding => 'UTF-8');
	my $record = MARC::Record->new_from_xml($_[0], 'UTF-8');
	my $ord = 0;
	for my $field ($record->fields) {
		$ord++;
		if ($field->is_control_field) {
			return_next({ord => $ord, tag => $field->tag, value => $field->data});
		} else {
			for my $subfield ($field->subfields) {
				return_next({ord => $ord, tag => $field->tag, ind1 => $field->indicator(1), ind2 => $field->indicator(2), code => $subfield->[0], value => $subfield->[1]});
			}
		}
	}
	return;
$perl$;

CREATE FUNCTION perl_fields_of_iso2709(b bytea) RETURNS TABLE (ord integer, tag text, ind1 text, ind2 text, code text, value text) LANGUAGE plperlu AS $perl$
	use MARC::Record;
	my $record = MARC::Record->new_from_usmarc(decode_bytea($_[0]));
	my $ord = 0;
	for my $field ($record->fields) {
		$ord++;
		if ($field->is_control_field) {
			return_next({ord => $ord, tag => $field->tag, value => $field->data});
		} else {
			for my $subfield ($field->subfields) {
				return_next({ord => $ord, tag => $field->tag, ind1 => $field->indicator(1), ind2 => $field->indicator(2), code => $subfield->[0], value => $subfield->[1]});
			}
		}
	}
	return;
$perl$;

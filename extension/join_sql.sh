#!/bin/sh
# Joins the SQL files of an extension, in the given order, into its install script on standard output.
# join_sql.sh EXTENSION VERSION FILE…
#
# A script must run inside CREATE EXTENSION only: where the first file has no line that stops psql, one is put in front.
# @VERSION@ becomes the version.
set -eu
extension=$1
version=$2
shift 2
if ! grep -q '^\\echo .*\\quit$' "$1"; then
    printf '\\echo Use "CREATE EXTENSION %s" to load this file. \\quit\n\n' "$extension"
fi
for file in "$@"; do
    sed "s/@VERSION@/$version/g" "$file"
    echo
done

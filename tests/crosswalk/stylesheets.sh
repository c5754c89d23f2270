# shellcheck shell=bash
# The stylesheets of the Library of Congress that crosswalks are compared with and measured beside.

# find_stylesheets FOLDER: lays into it, as far as they can be had,
#   MARC21slim2SRWDC.xsl, MARC21slim2MODS3-7.xsl, MARC21slim2MADS.xsl, MARC21slimUtils.xsl   Debian's idzebra-2.0-examples, downloaded where it
#                                                                                        is not installed
#   MARC21slim2OAIDC.xsl (Evergreen, Open-ILS/xsl), marc2bibframe2/ (lcnetdev/marc2bibframe2, CC0, its folder xsl)   the folder STYLESHEETS,
#                                                                                        anywhere below it
# and says what is missing.
find_stylesheets() {
    local into=$1 file found examples=/usr/share/doc/idzebra-2.0/examples/marcxml
    mkdir -p "$into"
    if [ ! -d "$examples" ]; then
        (cd "$into" && apt-get download -qq idzebra-2.0-examples >/dev/null 2>&1 && dpkg -x idzebra-2.0-examples_*.deb package)
        examples=$into/package$examples
    fi
    for file in MARC21slim2SRWDC MARC21slim2MODS3-7 MARC21slim2MADS MARC21slimUtils; do
        # The MODS one includes the others by their address in the web.
        zcat "$examples/$file.xsl.gz" 2>/dev/null | sed 's|href="http://www.loc.gov/[^"]*/MARC21slimUtils.xsl"|href="MARC21slimUtils.xsl"|' >"$into/$file.xsl"
        [ -s "$into/$file.xsl" ] || { rm -f "$into/$file.xsl" && echo "missing: $file.xsl (Debian package idzebra-2.0-examples)"; }
    done
    if [ -n "${STYLESHEETS:-}" ]; then
        found=$(find -L "$STYLESHEETS" -name MARC21slim2OAIDC.xsl 2>/dev/null | head -n 1)
        [ -n "$found" ] && cp "$found" "$into/"
        found=$(find -L "$STYLESHEETS" -name marc2bibframe2.xsl 2>/dev/null | head -n 1)
        [ -n "$found" ] && cp -r "$(dirname "$found")" "$into/marc2bibframe2"
    fi
    [ -e "$into/MARC21slim2OAIDC.xsl" ] || echo "missing: MARC21slim2OAIDC.xsl (evergreen-library-system/Evergreen, Open-ILS/xsl; STYLESHEETS)"
    [ -e "$into/marc2bibframe2/marc2bibframe2.xsl" ] || echo "missing: marc2bibframe2.xsl (lcnetdev/marc2bibframe2, xsl; STYLESHEETS)"
    return 0
}

# shellcheck shell=bash
# What a bare Debian 12 needs. need_packages GROUP… installs what is missing, and only then asks apt.

PACKAGES_BUILD=(g++ cmake ninja-build pkg-config make postgresql-server-dev-15 libpq-dev libxml2-dev libssl-dev zlib1g-dev
    libmariadb-dev libzstd-dev libpg-query-dev libboost-log-dev libboost-thread-dev libarchive-dev nlohmann-json3-dev libcli11-dev libfmt-dev)
PACKAGES_SERVERS=(postgresql-15 mariadb-server mariadb-client python3)
PACKAGES_TESTS=(libgtest-dev libgmock-dev postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl libxml2-utils unzip jq
    ccache procps python3-rdflib python3-psycopg2 python3-pymysql faketime)
PACKAGES_BENCH=(yaz libmarc-record-perl libmarc-xml-perl libmarc-charset-perl postgresql-plperl-15 liblz4-dev)

need_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "these packages are missing, and there is no sudo to install them: ${missing[*]}" >&2; return 1; }
        root=(sudo)
    fi
    echo "installing: ${missing[*]}"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# as_root COMMAND…: for installing the extensions into PostgreSQL's folders.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

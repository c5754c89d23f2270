#!/usr/bin/env bash
# mysql_server.sh DIR [mariadb]: puts a MySQL server into DIR, for the tests of MySQL sources. Debian 12 and 13 have
# none; the server of Debian sid runs from an unpacked folder with its own dynamic loader. The system's own packages, its
# package lists and its libraries are not touched. About 63 MB are downloaded and 410 MB unpacked, once: a folder that has
# the server is left as it is. With `mariadb`: sid's MariaDB, which is newer than the one of Debian 12.
#   tests/mysql_server.sh ~/.cache/everarchive/mysql
#   EVERARCHIVE_MYSQL_ROOT=~/.cache/everarchive/mysql ./test.sh
#   tests/mysql_server.sh ~/.cache/everarchive/mariadb mariadb
#   EVERARCHIVE_MARIADB_ROOT=~/.cache/everarchive/mariadb tests/integration/10_capture.sh build/release
set -euo pipefail

[ $# = 1 ] || [ "$*" = "$1 mariadb" ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
root=$(cd "$1" && pwd)
server=$root/usr/sbin/mysqld
packages=(mysql-server-core mysql-client-core)
if [ "${2:-}" = mariadb ]; then
    server=$root/usr/sbin/mariadbd
    packages=(mariadb-server-core mariadb-client-core)
fi
if [ -x "$server" ]; then
    echo "$server is there"
    exit
fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for need in apt-get dpkg-deb "$keyring"; do
    [ -e "$need" ] || command -v "$need" >/dev/null || { echo "mysql_server.sh: there is no $need" >&2; exit 1; }
done

# A package area of our own. Its status file is empty: so every dependency comes along, the C library included.
area=$(mktemp -d "${TMPDIR:-/tmp}/mysql_server.XXXXXX")
trap 'rm -rf "$area"' EXIT
mkdir -p "$area/lists/partial" "$area/cache/archives/partial"
: >"$area/status"
echo "deb [signed-by=$keyring] http://deb.debian.org/debian sid main" >"$area/sources.list"
own_apt() {
    apt-get -q -o Dir::Etc::sourcelist="$area/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$area/lists" -o Dir::Cache="$area/cache" -o Dir::State::status="$area/status" \
        -o APT::Install-Recommends=0 -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
own_apt update
own_apt install -d -y "${packages[@]}"

# /bin, /lib and /sbin are links into /usr on Debian, and must be so before anything is unpacked over them.
mkdir -p "$area/root/usr"
for each in bin lib lib64 sbin; do
    mkdir -p "$area/root/usr/$each"
    ln -s "usr/$each" "$area/root/$each"
done
for package in "$area"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$area/root"
done
cp -a "$area/root/." "$root/"
[ -x "$server" ] || { echo "mysql_server.sh: the packages of Debian sid hold no $(basename "$server")" >&2; exit 1; }
echo "$server is ready"

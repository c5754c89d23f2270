#!/usr/bin/env bash
# tests/faults/points.txt lists exactly the fault points of the sources, each of which is one place.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/tap.sh

listed() { grep -v '^#' tests/faults/points.txt | awk '{ print $1 }' | sort; }
in_sources() { grep -rhoE 'fault_point\("[^"]*"\)' replicator --include='*.cpp' --include='*.hpp' | sed 's/.*("//; s/").*//' | sort; }

is "points.txt lists the fault points of the sources, each once" "$(listed)" "$(in_sources)"
ok "each has a sentence about it" awk '!/^#/ && NF < 3 { print; bad = 1 } END { exit bad }' tests/faults/points.txt
is "each name is FOLDER.what_happened" "$(listed | grep -vE '^(snapshot|capture|spool|apply|map|deliver|resync|lease)\.[a-z_]+$')" ""
done_testing

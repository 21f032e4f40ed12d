#!/bin/bash
# A ring of five nodes on this machine, with real records: every package that dpkg-query lists.
# Writes them through one node, reads them through another, kills a node, reads again, starts it again, reads again.
# Installs what is missing, builds, cleans up. Exit 0 only if every read was right. Debian 12, root or sudo.
set -euo pipefail
cd "$(dirname "$0")/.."

nodes=5
patience=60 # seconds for the ring to take any shape that is waited for
bin=$PWD/build/release/bin
pids=()
dir=

say() { printf '%s\n' "$*"; }
step() { printf '\n%s\n' "== $*"; }
fail() {
    printf '\ndemo.sh: %s\n' "$*" >&2
    exit 1
}

clean_up() {
    local status=$? node deadline
    trap - EXIT INT TERM
    if [ -n "$dir" ]; then
        if [ "$status" -ne 0 ]; then
            for node in $(seq "$nodes"); do
                [ -s "$dir/$node.log" ] || continue
                printf '\n-- the last lines of node %s\n' "$node" >&2
                tail -n 15 "$dir/$node.log" >&2
            done
        fi
        exec 2>/dev/null # no word from bash about whom it buries
        for node in "${!pids[@]}"; do kill -TERM "${pids[node]}" || true; done
        deadline=$((SECONDS + 3)) # their state goes away with the directory anyway
        for node in "${!pids[@]}"; do
            while kill -0 "${pids[node]}"; do
                if [ "$SECONDS" -ge "$deadline" ]; then kill -KILL "${pids[node]}" || true; fi
                sleep 0.05
            done
        done
        rm -rf "$dir"
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ctl() { # ctl NODE VERB...
    "$bin/chordctl" --socket "$dir/$1.sock" "${@:2}"
}

start_node() { # start_node N
    local peer=()
    [ "$1" -eq 1 ] || peer=(--peer "127.0.0.1:${ports[0]}")
    "$bin/chordd" --state-dir "$dir/$1.state" --listen "127.0.0.1:${ports[$1 - 1]}" --api "$dir/$1.sock" \
        --network-key "$dir/network.key" --profile lan --node-name "node-$1" --ring-name demo "${peer[@]}" \
        2>>"$dir/$1.log" &
    pids[$1]=$!
}

# wait_until WHAT COMMAND...: until the command succeeds. A node that died, or a minute gone, ends the demo.
wait_until() {
    local what=$1 deadline=$((SECONDS + patience)) node
    shift
    until "$@"; do
        for node in "${!pids[@]}"; do
            kill -0 "${pids[node]}" 2>/dev/null || fail "node $node ended while waiting until $what."
        done
        [ "$SECONDS" -lt "$deadline" ] || fail "waited $patience seconds in vain until $what."
        sleep 0.05
    done
}

# sees_ring_of SIZE NODE...: each of these nodes is ready, and a walk from it closes over SIZE nodes without gap or overlap.
sees_ring_of() {
    local size=$1 node seen
    shift
    for node in "$@"; do
        seen=$(ctl "$node" status --json 2>/dev/null) || return 1
        [[ $seen == *'"state":"ready"'* ]] || return 1
        seen=$(ctl "$node" ring --check --json 2>/dev/null) || return 1
        [[ $seen == *'"one_ring":true'* && $seen == *"\"nodes\":$size,"* ]] || return 1
    done
}

records() { # records write|read NODE TITLE REPORT
    if ! python3 cmake/demo_records.py "$1" --socket "$dir/$2.sock" --records "$dir/records.json" --title "$3" \
        --report "$dir/$4.report"; then
        fail "not every record was right: $3."
    fi
}

step "Build"
cmake/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target chordd chordctl
began=$SECONDS

dir=$(mktemp -d /tmp/chordd-demo.XXXXXX)
(umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$dir/network.key")
mapfile -t ports < <(python3 cmake/demo_records.py ports "$nodes")
[ "${#ports[@]}" -eq "$nodes" ] || fail "found no $nodes free UDP ports."

step "Start $nodes nodes on 127.0.0.1, ports ${ports[*]}"
for node in $(seq "$nodes"); do
    mkdir -m 700 "$dir/$node.state"
    start_node "$node"
done
wait_until "every node sees one ring of $nodes" sees_ring_of "$nodes" 1 2 3 4 5
ctl 1 ring --check

step "Write the packages of this machine through node 1"
python3 cmake/demo_records.py collect "$dir/records.json"
records write 1 "written through node 1" 1-write

step "Read them all through node 2"
records read 2 "read through node 2" 2-read

step "Kill node 3 (SIGKILL) and read them all through node 4, at once"
kill -KILL "${pids[3]}"
{ wait "${pids[3]}" || true; } 2>/dev/null
unset 'pids[3]'
records read 4 "read through node 4, node 3 just killed" 3-read
wait_until "the others closed the ring" sees_ring_of 4 1 2 4 5
ctl 4 ring --check

step "Start node 3 again from its state directory"
start_node 3
wait_until "node 3 has taken its place" sees_ring_of "$nodes" 1 2 3 4 5
ctl 3 status
say
records read 3 "read through node 3, back again" 4-read

step "The ring, seen from node 1"
ctl 1 ring
say
say "Where the key 'bash' lives, asked from node 1:"
ctl 1 trace bash

step "Summary"
python3 cmake/demo_records.py summary "$dir"/*.report || fail "not every read was right."
say "Five nodes, one of them killed and started again; $((SECONDS - began)) s without the build."

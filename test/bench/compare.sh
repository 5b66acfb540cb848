#!/usr/bin/env bash
# Compares the CPU time of Nexmark queries between this tree and another
# revision. Both binaries run in turn, so that the machine's moods hit both; a
# difference is reported only if it is outside the noise (the spread of the
# runs) and above 5 %.
#
# usage: test/bench/compare.sh BASE [QUERIES [EVENTS [RUNS]]]
set -euo pipefail
base=${1:?usage: compare.sh BASE [QUERIES [EVENTS [RUNS]]]}
queries=${2:-q0,q1,q3,q4,q5,q7,q8,q11,q15,q17,q18,q19,q20}
events=${3:-2000000}
runs=${4:-5}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'git worktree remove --force "$work/base" 2>/dev/null || true; rm -rf "$work"' EXIT
git worktree add -q --detach "$work/base" "$base"
CGO_ENABLED=0 go build -o "$work/new.bin" ./cmd/weir
(cd "$work/base" && CGO_ENABLED=0 go build -o "$work/old.bin" ./cmd/weir)
for _ in $(seq "$runs"); do
  for side in old new; do
    "$work/$side.bin" bench nexmark --queries "$queries" --events "$events" --output json --drop >>"$work/$side.jsonl"
  done
done
for side in old new; do
  sed -E 's/.*"query":"([^"]+)".*"cpu_s":([0-9.e+-]+).*/\1 \2/' "$work/$side.jsonl" | sed "s/^/$side /"
done | sort -k2,2 -k1,1 -k3,3g | awk '
  function med(s, k) { return k % 2 ? x[s, (k + 1) / 2] : (x[s, k / 2] + x[s, k / 2 + 1]) / 2 }
  function report(  o, w, r, d, noise, m, verdict) {
    if (q == "") return
    o = med("old", n["old"]); w = med("new", n["new"]); r = w / o
    noise = (x["old", n["old"]] - x["old", 1]) / o; m = (x["new", n["new"]] - x["new", 1]) / w
    if (m > noise) noise = m
    d = r - 1; if (d < 0) d = -d
    verdict = (d > 0.05 && d > noise) ? (r < 1 ? "faster" : "SLOWER") : "same within noise"
    printf "%-5s old %8.3f s  new %8.3f s  ratio %.3f  noise %4.1f %%  %s\n", q, o, w, r, noise * 100, verdict
  }
  $2 != q { report(); q = $2; n["old"] = n["new"] = 0 }
  { x[$1, ++n[$1]] = $3 + 0 }
  END { report() }'

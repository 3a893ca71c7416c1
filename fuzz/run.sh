#!/usr/bin/env bash
# Runs each target for so many seconds (20 if none are given), from its committed corpus; FUZZ_SEED
# fixes where chance starts (0, the default: anywhere). What is found on the
# way goes to target/, and fails the run.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-20}
cargo +nightly fuzz build --sanitizer none
for target in fuzz_targets/*.rs; do
  target=$(basename "$target" .rs)
  found=target/corpus/$target
  mkdir -p "$found"
  printf '== %s\n' "$target"
  log=target/$target.log
  if ! cargo +nightly fuzz run --sanitizer none "$target" "$found" "corpus/$target" -- \
    -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -print_final_stats=1 >"$log" 2>&1; then
    tail -n 60 "$log"
    exit 1
  fi
  grep -E 'DONE|average_exec_per_sec' "$log"
done

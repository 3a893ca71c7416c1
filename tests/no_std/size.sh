#!/usr/bin/env bash
# Code and constants, in bytes, of a device that begins a cycle and signs with its identity, and of one that sends signed
# requests and reads the answers as well: built for size, for the processor of this machine. The difference is at most
# what is given (61,440).
set -euo pipefail
cd "$(dirname "$0")"
limit=${1:-61440}
target=${CARGO_TARGET_DIR:-../../target/no_std}

# `text` of `size`: what is executed, and constants.
measure() {
  CARGO_TARGET_DIR="$target" cargo build --quiet --profile size "$@"
  size "$target/size/ota-trust-no-std" | awk 'NR == 2 { print $1 }'
}

without=$(measure)
with=$(measure --features request)
echo "without requests $without bytes, with requests $with: $((with - without)) more"
[ $((with - without)) -le "$limit" ]

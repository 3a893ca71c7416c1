#!/usr/bin/env bash
# A software token in a folder of its own, with keys that never leave it.
#
#   token.sh FOLDER PROGRAM      PROGRAM is that of examples/hardware_signing
#
# Writes FOLDER/environment, which tells PROGRAM where the token is and where its PIN. Nothing of the
# system's own SoftHSM is read or written. PINs are drawn at random and go through files.
set -euo pipefail
umask 077
folder=${1:?which folder?} program=${2:?which program?}
[ ! -e "$folder" ] || { echo "$folder: is there already" >&2; exit 1; }
mkdir -p "$folder/tokens"
folder=$(cd "$folder" && pwd)
for file in pin so-pin; do
  od -An -N8 -tx1 /dev/urandom | tr -d ' \n' >"$folder/$file"
done
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$folder" \
  >"$folder/softhsm2.conf"
cat >"$folder/environment" <<END
export SOFTHSM2_CONF='$folder/softhsm2.conf'
export TOKEN_MODULE='${TOKEN_MODULE:-/usr/lib/softhsm/libsofthsm2.so}'
export TOKEN_PIN_FILE='$folder/pin'
END
. "$folder/environment"
TOKEN_SO_PIN_FILE="$folder/so-pin" "$program" prepare
echo "the token is ready: . '$folder/environment'"

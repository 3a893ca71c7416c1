#!/bin/sh
# The fs-verity vectors in tests/data/fsverity/vectors.txt come from the `fsverity` tool (Debian package
# of that name), with SHA-256 and blocks of 4 KiB.
#
#   tests/interop/fsverity.sh --check      compares what the tool says today with the committed vectors
#   tests/interop/fsverity.sh --generate   writes the vectors
#
# A line is: content, length, salt in hexadecimal or -, fs-verity digest, length of the hash tree, SHA-256
# of the hash tree. The content `count` is the numbers from 1 on, one a line; `zeros` is zero bytes.
set -eu

vectors=$(dirname "$0")/../data/fsverity/vectors.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# vector CONTENT LENGTH [SALT]
vector() {
    case $1 in
        # Each number and its line feed take two bytes at least.
        count) seq 1 $(($2 / 2 + 1)) | head -c "$2" >"$work/file" ;;
        zeros) rm -f "$work/file" && truncate -s "$2" "$work/file" ;;
    esac
    digest=$(fsverity digest --compact --hash-alg=sha256 --block-size=4096 ${3:+--salt=$3} \
        --out-merkle-tree="$work/tree" "$work/file")
    tree_length=$(stat -c %s "$work/tree")
    tree_sha256=$(sha256sum "$work/tree" | cut -d ' ' -f 1)
    echo "$1 $2 ${3:--} $digest $tree_length $tree_sha256"
}

vectors() {
    block=4096
    salt=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
    for length in 0 1 $((block - 1)) $block $((block + 1)) $((127 * block)) $((128 * block)) \
        $((128 * block + 1)) $((129 * block)); do
        vector count $length
        vector count $length a5
        vector count $length $salt
    done
    # A salt is padded with zeros, and is still not the salt without them.
    vector count $((2 * block)) a500
    vector count $((257 * block + 77))
    vector count $((20 * 1024 * 1024 + 5)) 736f6d652073616c74
    # Two and three levels of hashes, full to the last one, and one more.
    vector zeros $((128 * 128 * block))
    vector zeros $((128 * 128 * block + 1))
    vector zeros $((128 * 128 * block + 1)) $salt
    # Beyond 4 GiB.
    vector zeros $((5 * 1024 * 1024 * 1024 + 1))
}

case ${1-} in
    --generate) mkdir -p "$(dirname "$vectors")" && vectors >"$vectors" ;;
    --check) vectors | diff "$vectors" - ;;
    *) echo "usage: $0 --check | --generate" >&2 && exit 2 ;;
esac

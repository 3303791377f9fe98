# SPDX-License-Identifier: Apache-2.0
# tools/demo_packs.sh - the demo's second act: a classifier is made of a list of keywords, signed, and given to a kiosk that is
# running; newer ones replace it, others are refused, it is rolled back. To be sourced by tools/demo, whose functions
# and variables it uses.
# shellcheck shell=bash disable=SC2154

earshot() { build/demo/tools/earshot/earshot "$@"; }
step() { printf '  %-13s%s\n' "$1" "$2" >&2; }

# The one key that the kiosks take packs of.
make_key() { quietly key earshot pack keygen -o "$work/shop"; }

# make_pack COUNTER VERSION LABEL: gives messages with one of the words this tag; signed as $work/tags-COUNTER.pack.
make_pack() {
  printf '%s\t(voucher|gift card)(s|)\n' "$3" >"$work/words.tsv"
  quietly phrases earshot pack phrases "$work/words.tsv" -o "$work/tags.pack" --name tags --version "$2"
  quietly sign earshot pack sign --key "$work/shop.key.pem" --counter "$1" "$work/tags.pack" -o "$work/tags-$1.pack"
}

pack() { earshot pack "$@" --control "$work/$kiosk/control.sock"; }

take() { # step, file: it must be taken
  local said
  said=$(pack install "$2" 2>&1) || fail "$kiosk: $said"
  step "$1" "$said"
}

refuse() { # step, file, reason: it must be refused, for this reason
  local said
  said=$(pack install "$2" 2>&1) && fail "$kiosk took what it should refuse: $2"
  [[ $said == *"refused: $3"* ]] || fail "$kiosk: $said"
  said=${said##*refused: }
  step "$1" "refused: ${said%% (allowed*}"
}

# hear TAG N TEXT: said at the kiosk, this is the tag's Nth conversation in the summary that arrives at the server.
heard=0
hear() {
  heard=$((heard + 1))
  quietly send earshot send --socket "$work/$kiosk/events.sock" \
    "{\"kind\":\"message\",\"conversation\":\"pack-$heard\",\"t\":$(date +%s%3N),\"from\":\"user\",\"text\":\"$3\"}"
  wait_for "a summary with the tag $1" 15 "$listener" "$work/listen.log" \
    grep -q "\"tags\":{[^}]*\"$1\":$2[,}]" "$work/listen.json"
  step heard "\"$3\": the summary says tags[$1] $2"
}

show_packs() {
  kiosk="kiosk-1"
  earshot tap "${broker[@]}" --topic "earshot/1/demo/market-street/$kiosk/summary/hour" --json \
    >"$work/listen.json" 2>"$work/listen.log" &
  listener=$!
  pids+=("$listener")
  wait_for "subscribing to $kiosk" 15 "$listener" "$work/mosquitto.log" grep -q "market-street/$kiosk/summary/hour" "$work/mosquitto.log"
  say "a classifier comes to $kiosk while it works:"
  make_pack 1 1.0 gift
  step made "of a list of keywords, and signed: $(stat -c %s "$work/tags-1.pack") bytes"
  take installed "$work/tags-1.pack"
  hear gift 1 "Can I pay with a gift card?"
  make_pack 2 1.1 voucher
  take newer "$work/tags-2.pack"
  hear voucher 1 "I lost my voucher"
  make_pack 3 1.2 coupon
  refuse older "$work/tags-1.pack" counter
  sed 's/coupon/coupom/' "$work/tags-3.pack" >"$work/tampered.pack"
  refuse tampered "$work/tampered.pack" signature
  refuse unsigned "$work/tags.pack" envelope
  local said
  said=$(pack rollback tags 2>&1) || fail "$kiosk: $said"
  step 'rolled back' "$said"
  hear gift 2 "Two vouchers, please"
  refuse 'given up' "$work/tags-2.pack" counter
  take newest "$work/tags-3.pack"
  hear coupon 1 "Where do I enter my voucher?"
}

# SPDX-License-Identifier: Apache-2.0
# tools/demo_board.sh - one more device for the demo: the firmware of mps2, as it is shipped, in QEMU. To be sourced by
# tools/demo, whose functions and variables it uses.
# shellcheck shell=bash disable=SC2154

board_image=build/demo-mps2/platform/firmware

build_board() {
  local begun=$SECONDS
  exec 9>build/demo.lock
  flock 9
  quietly configure-board cmake --preset mps2 -B build/demo-mps2 "-DEAR_EARSHOT=$PWD/build/demo/tools/earshot/earshot"
  quietly build-board cmake --build build/demo-mps2 --target earshot-boot earshot-slot_a-image
  exec 9>&-
  say "firmware for mps2 built in $((SECONDS - begun)) s: $(stat -c %s $board_image/earshot-slot_a.img) bytes"
}

# Its serial port is a socket; tools/demo_board.py gives it events as the other devices get them.
start_board() {
  local name=$1 dir=$work/$1 setting given=()
  mkdir -p "$dir"
  for setting in device.tenant=demo device.site=market-street device.device="$name" device.timezone="$zone" \
    device.clock="$clock" device.user_key="$user_key" conversation.idle_close_s="$idle_s" publish.hour_s=1 publish.day_s=1 \
    sales.attribution_s="$attribution_s" cost.bot_message_micro="$bot_message_micro" \
    cost.agent_minute_micro="$agent_minute_micro" cost.interaction_micro="$interaction_micro" funnels.view1="$view1" \
    funnels.view2="$view2" uplink.backoff_min_ms=200 uplink.backoff_max_ms=2000 broker.host=10.0.2.2 \
    broker.port="$port" broker.server_name=localhost; do
    given+=(--set "$setting")
  done
  quietly identity earshot identity make --board mps2 --ca "$work/certs/ca.crt" --cert "$work/certs/$name.crt" \
    --key "$work/certs/$name.key" "${given[@]}" --out "$dir"
  quietly flash earshot flash --board mps2 --image $board_image/earshot-slot_a.img --identity "$dir/identity.bin" \
    --settings "$dir/settings.bin" --to "$dir/flash.bin"
  tools/run-board mps2 --boot $board_image/boot/earshot-boot.elf --flash "$dir/flash.bin" --serial "unix:$dir/serial" \
    >"$dir/log" 2>&1 &
  local pid=$!
  pids+=("$pid")
  wait_for "$name: QEMU starts" 15 "$pid" "$dir/log" test -S "$dir/serial"
  tools/demo_board.py "$dir/serial" "$dir/events.sock" build/demo/tools/earshot/earshot >"$dir/bridge.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  wait_for "$name: answering at its serial port" 30 "$pid" "$dir/bridge.log" test -S "$dir/events.sock"
  say "$name is firmware in QEMU (mps2, Cortex-M4); its events come over its serial port"
}

# SPDX-License-Identifier: Apache-2.0
# tests/support/broker.sh - a mosquitto of our own on 127.0.0.1, for the demo and the end-to-end tests. To be sourced.
#
#   broker_port PORT_VARIABLE                      a port that nobody listens on
#   broker_config DIR CERTS PORT [plain]           writes DIR/mosquitto.conf; certificates as tests/support/make_certs
#                                                  makes them; BROKER_SERVER_CERT=expired takes that one instead
#   broker_start DIR                               starts it; BROKER_PID; fails with its log if it does not come up
#   broker_stop                                    stops it
#
# Only ever stops what it started, by its process id. More lines for the configuration: BROKER_EXTRA.

broker_fail() { echo "broker: $*" >&2; return 1; }

broker_listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

broker_port() {
  local candidate try
  for try in {1..100}; do
    candidate=$((20000 + (RANDOM * 32768 + RANDOM + try) % 12000))
    if ! broker_listens "$candidate"; then
      printf -v "$1" %s "$candidate"
      return 0
    fi
  done
  broker_fail "no free port between 20000 and 32000"
}

broker_config() {
  local dir=$1 certs=$2 port=$3 plain=${4:-} server=${BROKER_SERVER_CERT:-server}
  mkdir -p "$dir"
  {
    echo "listener $port 127.0.0.1"
    echo "set_tcp_nodelay true"
    echo "allow_anonymous true"
    echo "persistence false"
    echo "max_queued_messages 0"
    echo "log_dest file $dir/mosquitto.log"
    echo "log_timestamp_format %Y-%m-%dT%H:%M:%S"
    if [ -z "$plain" ]; then
      echo "cafile $certs/ca.crt"
      echo "certfile $certs/$server.crt"
      echo "keyfile $certs/$server.key"
      echo "require_certificate true"
      echo "use_identity_as_username true"
    fi
    # As root it would become another user, who may not read the keys.
    [ "$(id -u)" != 0 ] || echo "user root"
    echo "${BROKER_EXTRA:-}"
  } >"$dir/mosquitto.conf"
}

broker_start() {
  local dir=$1 port mosquitto try
  mosquitto=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mosquitto) ||
    { broker_fail "mosquitto is missing: apt-get install mosquitto"; return 1; }
  port=$(sed -n 's/^listener \([0-9]*\) .*/\1/p' "$dir/mosquitto.conf")
  "$mosquitto" -c "$dir/mosquitto.conf" >"$dir/mosquitto.out" 2>&1 &
  BROKER_PID=$!
  for try in {1..100}; do
    if ! kill -0 "$BROKER_PID" 2>/dev/null; then
      BROKER_PID=
      cat "$dir/mosquitto.out" "$dir/mosquitto.log" >&2 2>/dev/null
      broker_fail "mosquitto ended at once"
      return 1
    fi
    broker_listens "$port" && return 0
    sleep 0.05
  done
  broker_fail "mosquitto does not listen on port $port"
}

broker_stop() {
  [ -n "${BROKER_PID:-}" ] || return 0
  kill "$BROKER_PID" 2>/dev/null || true
  wait "$BROKER_PID" 2>/dev/null || true
  BROKER_PID=
}

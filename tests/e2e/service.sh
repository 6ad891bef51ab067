#!/usr/bin/env bash
# Starts and stops a node by its configuration, as systemd does by its unit: service.sh start|stop|restart NODE_JSON
set -euo pipefail
config=$2

runs() { [ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }
start() {
    setsid talead run --config "$config" >>"$config.log" 2>&1 </dev/null &
    echo $! >"$config.pid"
}
stop() {
    local pid
    pid=$(cat "$config.pid")
    kill "$pid"
    while runs "$pid"; do sleep 0.05; done
}
case $1 in
    start) start ;;
    stop) stop ;;
    restart)
        stop
        start
        ;;
esac

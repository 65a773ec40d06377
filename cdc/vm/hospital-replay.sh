#!/bin/bash
# Sends again what lies in dead letters, in the lake or in Redpanda: hospital-replay --help. Needs root, which gives the
# work to the user of the pipeline.
exec systemd-run --pipe --quiet --wait --uid=hospital \
  --property=EnvironmentFile=/run/hospital/replay.env --property=PrivateTmp=yes \
  /opt/hospital/node/bin/node /opt/hospital/current/replay.mjs "$@"

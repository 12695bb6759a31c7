#!/bin/sh
set -e

# Routes through the simulated network.
/setup.sh

if [ "$ROLE" = client ]; then
  /wait-for-it.sh sim:57832 -s -t 30
fi

# Signals have to reach the program, and its exit code the runner.
exec node /endpoint.mjs

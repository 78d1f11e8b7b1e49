#!/bin/sh
# start the server
set -e
MODELS=/srv/models
export CUDA_VISIBLE_DEVICES=1
exec /usr/local/bin/llama-server \
  -m "$MODELS/tiny.gguf" --alias tiny -c 2048 \
  --host :: --port 8090 -ngl 10 -ngl 20 \
  --json-schema '{"$ref": "x"}' > /var/log/llama.log 2>&1 &

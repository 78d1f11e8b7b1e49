docker run --rm -e A=b -v /m:/m:ro ghcr.io/x/y:server -m /m/a.gguf --host 0.0.0.0 --port 8080

HF_TOKEN=x llama-server -hf o/r:Q4_K_M -c 0 -ngl 99 -fa on --jinja -ot "exps=CPU" --no-mmap

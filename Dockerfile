# A worker of a queue: docs/queue.md. It may read its own files and speak to the server; it writes nothing.
FROM denoland/deno:2.9.6
WORKDIR /app
COPY deno.json deno.lock cli.ts ./
COPY models models
COPY src src
USER deno
RUN deno cache --frozen cli.ts src/cli/images/image_worker.ts
ENTRYPOINT ["deno", "run", "--quiet", "--cached-only", "--no-prompt", "--allow-read", \
  "--allow-env=INIT_CWD,ANOMALY_CLUSTER_CACHE,XDG_CACHE_HOME,HOME,LOCALAPPDATA,HF_ENDPOINT,HF_TOKEN", \
  "--allow-sys=hostname", "--allow-net", "cli.ts", "worker"]

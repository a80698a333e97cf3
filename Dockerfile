# telltale's image: the page, then the binary, then as little as it needs to run.
#
#   docker build -t telltale .
#
# The base images are arguments, so that a mirror's or one's own can be used. A server in a container listens on all its
# addresses, which demands a token; docker-compose.yml gives it one, and a PostgreSQL beside it.
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUST_IMAGE=rust:1.95-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

# ---- the page
FROM ${NODE_IMAGE} AS page
WORKDIR /telltale
COPY scripts scripts
COPY web web
RUN bash scripts/web.sh && rm -rf web/node_modules

# ---- the binary
FROM ${RUST_IMAGE} AS binary
WORKDIR /telltale
# Dependencies alone first: they are compiled anew only when the lock file changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src benches/telltale tests/soak \
    && echo 'fn main() {}' | tee src/main.rs benches/telltale/main.rs > tests/soak/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked --bin telltale \
    && rm -rf src benches tests
COPY . .
COPY --from=page /telltale/web web
# Files keep the time they had outside, which may be before that of the empty ones they replace.
RUN touch src/main.rs src/lib.rs \
    && mkdir -p benches/telltale tests/soak \
    && touch benches/telltale/main.rs tests/soak/main.rs \
    && cargo build --release --locked --bin telltale

# ---- what runs
FROM ${BASE_IMAGE}
# Certificates, for a database, a Loki or a webhook behind TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10101 telltale \
    && useradd --system --uid 10101 --gid telltale --home-dir /var/lib/telltale --no-create-home telltale \
    && install -d -o telltale -g telltale -m 0750 /var/lib/telltale
COPY --from=binary /telltale/target/release/telltale /usr/local/bin/telltale
USER telltale
# Artifacts and the key of stored secrets. The database is elsewhere: TELLTALE_DATABASE_URL.
VOLUME /var/lib/telltale
ENV TELLTALE_DATA_DIR=/var/lib/telltale TELLTALE_LISTEN=0.0.0.0:4780 TELLTALE_LOG_FORMAT=json
EXPOSE 4780
# bash speaks HTTP well enough to ask whether the server lives; curl would be the one program more.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/4780 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
# SIGTERM drains what was taken in and ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["telltale"]
CMD ["serve"]

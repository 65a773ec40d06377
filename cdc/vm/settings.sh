# What each part of the VM is told, with the secrets that it needs, in files that only root and it may read. A part of
# start.sh: whoever calls `settings` has `secret` and `put` from there.
settings() {
  local cdc admin reader writer kafka pipeline tls sasl clickhouse
  mkdir -p "$RUN"
  chmod 755 "$RUN"
  admin="$(secret "$SECRET_ADMIN" "$SECRET_ADMIN_VERSION")"
  cdc="$(secret "$SECRET_CDC" "$SECRET_CDC_VERSION")"
  reader="$(secret "$SECRET_READER" "$SECRET_READER_VERSION")"
  writer="$(secret "$SECRET_WRITER" "$SECRET_WRITER_VERSION")"
  kafka="$(secret "$SECRET_KAFKA" "$SECRET_KAFKA_VERSION")"
  pipeline="$(secret "$SECRET_PIPELINE" "$SECRET_PIPELINE_VERSION")"
  tls="$(secret "$SECRET_TLS" "$SECRET_TLS_VERSION")"
  sasl="KAFKA_SASL_USER=$KAFKA_PIPELINE
KAFKA_SASL_PASSWORD=$pipeline"

  mkdir -p "$DATA/redpanda" "$RUN/redpanda"
  chown 101:101 "$DATA/redpanda" "$RUN/redpanda"
  sed "s/KAFKA_HOST/$KAFKA_HOST/" "$OPT/current/redpanda.yaml" | put "$RUN/redpanda/redpanda.yaml" 644 101:101 redpanda
  put "$RUN/redpanda/.bootstrap.yaml" 644 101:101 redpanda <"$OPT/current/redpanda-cluster.yaml"
  printf '%s\n' "$tls" | put "$RUN/redpanda/tls.pem" 400 101:101 redpanda
  put "$RUN/redpanda.env" 600 root:root redpanda <<END
REDPANDA_IMAGE=$REDPANDA_IMAGE
REDPANDA_CORES=$REDPANDA_CORES
REDPANDA_MEMORY_MIB=$REDPANDA_MEMORY_MIB
END
  put "$RUN/connect.env" 600 root:root connect <<END
RELEASE=$RELEASE
KAFKA_BROKERS=127.0.0.1:9092
$sasl
CONNECT_LISTENER=http://127.0.0.1:8083
CONNECT_HEAP_MIB=$CONNECT_HEAP_MIB
POSTGRES_HOST=$POSTGRES_HOST
POSTGRES_PORT=$POSTGRES_PORT
POSTGRES_DATABASE=$POSTGRES_DATABASE
POSTGRES_SSLMODE=$POSTGRES_SSLMODE
POSTGRES_CDC_USER=hospital_cdc
POSTGRES_CDC_PASSWORD=$cdc
END
  cat "$OPT/current/worker.properties" "$OPT/current/worker-sasl.properties" |
    put "$RUN/connect/worker.properties" 644 root:root connect
  chmod 755 "$RUN/connect"
  put "$RUN/relay.env" 600 root:root relay <<END
RELEASE=$RELEASE
RELAY_HEAP_MIB=$RELAY_HEAP_MIB
KAFKA_BROKERS=127.0.0.1:9092
$sasl
GOOGLE_CLOUD_PROJECT=$PROJECT
EVENTS_TOPIC=$EVENTS_TOPIC
CHANGES_TOPIC=$CHANGES_TOPIC
DEAD_LETTER_TOPIC=$DEAD_LETTER_TOPIC
LAKE_BUCKET=$LAKE_BUCKET
END
  put "$RUN/guard.env" 600 root:root guard <<END
RELEASE=$RELEASE
GUARD_HEAP_MIB=$GUARD_HEAP_MIB
KAFKA_BROKERS=127.0.0.1:9092
$sasl
CONNECT_URL=http://127.0.0.1:8083
DATABASE_URL=postgresql://hospital_cdc:$cdc@$POSTGRES_HOST:$POSTGRES_PORT/$POSTGRES_DATABASE?$POSTGRES_QUERY
END
  put "$RUN/replay.env" 600 root:root replay <<END
ENVIRONMENT=$ENVIRONMENT
GOOGLE_CLOUD_PROJECT=$PROJECT
PROJECT_NUMBER=$PROJECT_NUMBER
REGION=$REGION
LAKE_BUCKET=$LAKE_BUCKET
KAFKA_BROKERS=127.0.0.1:9092
$sasl
END
  put "$ROOT/usr/local/bin/hospital-replay" 755 root:root replay <"$OPT/current/hospital-replay.sh"
  put "$RUN/health.env" 600 root:root health <<END
RELEASE=$RELEASE
END
  put "$RUN/prepare.env" 600 root:root prepare <<END
RELEASE=$RELEASE
DATABASE_ADMIN_URL=postgresql://$POSTGRES_ADMIN:$admin@$POSTGRES_HOST:$POSTGRES_PORT/$POSTGRES_DATABASE?$POSTGRES_QUERY
POSTGRES_CDC_PASSWORD=$cdc
DATABASE_READER_URL=$reader
DATABASE_WRITER_URL=$writer
KAFKA_BROKERS=127.0.0.1:9092
$sasl
REDPANDA_ADMIN_URL=http://127.0.0.1:9644
KAFKA_RETENTION_DAYS=$KAFKA_RETENTION_DAYS
KAFKA_READER_USER=$KAFKA_READER
KAFKA_READER_PASSWORD=$kafka
CONNECT_URL=http://127.0.0.1:8083
END
  if [ "$CLICKHOUSE" = yes ]; then
    clickhouse="$(secret "$SECRET_CLICKHOUSE" "$SECRET_CLICKHOUSE_VERSION")"
    mkdir -p "$DATA/clickhouse"
    chown 101:101 "$DATA/clickhouse"
    put "$RUN/clickhouse/hospital.xml" 644 101:101 clickhouse <"$OPT/current/clickhouse.xml"
    printf '%s\n' "$tls" | put "$RUN/clickhouse/tls.pem" 400 101:101 clickhouse
    put "$RUN/clickhouse.env" 600 root:root clickhouse <<END
CLICKHOUSE_IMAGE=$CLICKHOUSE_IMAGE
CLICKHOUSE_MEMORY_MIB=$CLICKHOUSE_MEMORY_MIB
CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT=0
CLICKHOUSE_PASSWORD=$clickhouse
END
  fi
}

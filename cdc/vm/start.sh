# Brings the VM to what its settings (the lines before this one) say. It runs at every boot and may run at any time
# again: what is done already stays as it is, and only parts whose files changed are restarted.
set -euo pipefail
umask 077

ROOT="${HOSPITAL_ROOT:-}"
DATA="$ROOT/var/lib/hospital"
RUN="$ROOT/run/hospital"
OPT="$ROOT/opt/hospital"
DISK="$ROOT/dev/disk/by-id/google-data"
CHANGED=""

log() { echo "hospital: $*"; }

# Keeps a failing network from ending a boot: five tries, then the boot fails and can be repeated.
again() {
  local try
  for try in 1 2 3 4 5; do
    if "$@"; then return 0; fi
    log "try $try of 5 failed: $1"
    sleep "$((try * 5))"
  done
  return 1
}

# put FILE MODE OWNER PART: standard input becomes FILE; PART is restarted if that changed anything.
put() {
  local new
  new="$(mktemp)"
  cat >"$new"
  if cmp -s "$new" "$1"; then
    rm -f "$new"
  else
    mkdir -p "$(dirname "$1")"
    mv -f "$new" "$1"
    CHANGED="$CHANGED $4"
  fi
  chmod "$2" "$1"
  chown "$3" "$1"
}

secret() {
  local value
  value="$(again gcloud secrets versions access "$2" --secret="$1" --project="$PROJECT")" || return 1
  if [ -z "$value" ]; then
    log "secret $1 is empty" >&2
    return 1
  fi
  printf '%s' "$value"
}

disk() {
  if ! blkid "$DISK" >/dev/null; then
    log "formatting the new data disk"
    mkfs.ext4 -q -m 0 -E lazy_itable_init=0,discard "$DISK"
  fi
  mkdir -p "$DATA"
  if ! grep -qs " $DATA " "$ROOT/etc/fstab"; then
    echo "$DISK $DATA ext4 defaults,noatime,nofail 0 2" >>"$ROOT/etc/fstab"
  fi
  mountpoint -q "$DATA" || mount "$DATA"
  resize2fs "$DISK" >/dev/null
  chmod 755 "$DATA"
}

packages() {
  local missing="" each
  for each in docker.io openjdk-17-jre-headless maven unzip ca-certificates curl; do
    dpkg -s "$each" >/dev/null 2>&1 || missing="$missing $each"
  done
  if [ -n "$missing" ]; then
    again apt-get -q update
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive again apt-get -q install --yes --no-install-recommends $missing
  fi
  if ! dpkg -s google-cloud-ops-agent >/dev/null 2>&1; then
    again curl --fail --silent --show-error --location --output "$OPT/ops-agent.sh" \
      https://dl.google.com/cloudagents/add-google-cloud-ops-agent-repo.sh
    again bash "$OPT/ops-agent.sh" --also-install
  fi
  id hospital >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin hospital
}

# The very Node of package-lock.json, checked against the hash there.
node_runtime() {
  [ -e "$OPT/node-$NODE_VERSION/bin/node" ] || {
    local folder="$OPT/node-$NODE_VERSION.part"
    rm -rf "$folder"
    mkdir -p "$folder"
    again curl --fail --silent --show-error --location --output "$folder.tgz" "$NODE_URL"
    [ "$(openssl dgst -sha512 -binary "$folder.tgz" | base64 -w 0)" = "$NODE_SHA512" ] || {
      log "Node from $NODE_URL is not the one of package-lock.json"
      return 1
    }
    tar -xzf "$folder.tgz" -C "$folder" --strip-components=1
    rm -f "$folder.tgz"
    chmod -R a+rX "$folder"
    mv "$folder" "$OPT/node-$NODE_VERSION"
  }
  ln -sfn "node-$NODE_VERSION" "$OPT/node"
}

release() {
  if [ ! -e "$OPT/releases/$RELEASE/.whole" ]; then
    rm -rf "$OPT/releases/$RELEASE"
    mkdir -p "$OPT/releases/$RELEASE"
    again gcloud storage cp "$RELEASE_URL" "$OPT/releases/$RELEASE.zip"
    unzip -q "$OPT/releases/$RELEASE.zip" -d "$OPT/releases/$RELEASE"
    rm -f "$OPT/releases/$RELEASE.zip"
    chmod -R a+rX "$OPT/releases/$RELEASE"
    touch "$OPT/releases/$RELEASE/.whole"
  fi
  ln -sfn "releases/$RELEASE" "$OPT/current"
  chmod 755 "$OPT" "$OPT/releases"
}

# Kafka Connect and Debezium, of the versions that pom.xml pins.
jars() {
  local pom hash
  pom="$OPT/current/pom.xml"
  hash="$(sha256sum "$pom" | cut -c 1-16)"
  if [ ! -e "$OPT/jars-$hash/.whole" ]; then
    rm -rf "$OPT/jars-$hash"
    again mvn --batch-mode --quiet --file "$pom" dependency:copy-dependencies \
      -DoutputDirectory="$OPT/jars-$hash" -DincludeScope=runtime -Dmaven.repo.local="$OPT/maven"
    rm -rf "$OPT/maven"
    chmod -R a+rX "$OPT/jars-$hash"
    touch "$OPT/jars-$hash/.whole"
  fi
  ln -sfn "jars-$hash" "$OPT/jars"
}

services() {
  local parts="redpanda connect relay guard health prepare" part
  [ "$CLICKHOUSE" = yes ] && parts="$parts clickhouse"
  sed "s/ENVIRONMENT}/$ENVIRONMENT}/" "$OPT/current/ops-agent.yaml" |
    put "$ROOT/etc/google-cloud-ops-agent/config.yaml" 644 root:root ops-agent
  for part in $parts; do
    put "$ROOT/etc/systemd/system/hospital-$part.service" 644 root:root "$part" \
      <"$OPT/current/units/hospital-$part.service"
  done
  systemctl daemon-reload
  case " $CHANGED " in *" ops-agent "*) systemctl restart google-cloud-ops-agent ;; esac
  for part in $parts; do
    systemctl enable --quiet "hospital-$part.service"
    case " $CHANGED " in
      *" $part "*) systemctl restart --no-block "hospital-$part.service" ;;
      *) systemctl start --no-block "hospital-$part.service" ;;
    esac
  done
}

mkdir -p "$OPT"
disk
packages
node_runtime
release
jars
settings
services
log "ready: release $RELEASE"

#!/usr/bin/env bash
# Builds the image and sees it start, become healthy and end: docker/smoke.sh [JDK_IMAGE RUN_IMAGE]
# Leaves nothing behind but the images. The jars have to be built.
set -euo pipefail
cd "$(dirname "$0")/.."

image=spillway-smoke:$$
name=spillway-smoke-$$
arguments=()
if [ $# = 2 ]; then
    arguments=(--build-arg "JDK_IMAGE=$1" --build-arg "RUN_IMAGE=$2")
fi

die() {
    echo "docker/smoke.sh: $*" >&2
    docker logs "$name" >&2 || true
    exit 1
}

remove() {
    docker rm -f "$name" >/dev/null 2>&1 || true
    docker rmi "$image" >/dev/null 2>&1 || true
}
trap remove EXIT

docker build -q --network host -f docker/Dockerfile -t "$image" ${arguments[@]+"${arguments[@]}"} . >/dev/null

# Nothing may be written, nobody is root, and the memory is what a sidecar has. There is no PostgreSQL, nor is any needed yet.
docker run -d --name "$name" --read-only --user 65534 --cap-drop ALL --memory 192m --network none --health-interval 1s \
    -e DATABASE_URL=postgres://u:p@127.0.0.1:1/d "$image" >/dev/null
for ((tries = 0; tries < 60; tries++)); do
    state=$(docker inspect -f '{{.State.Health.Status}}' "$name")
    [ "$state" != healthy ] || break
    [ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || die "it has ended"
    sleep 0.5
done
[ "$state" = healthy ] || die "it did not become healthy"

docker stop -t 30 "$name" >/dev/null
code=$(docker inspect -f '{{.State.ExitCode}}' "$name")
[ "$code" = 0 ] || die "SIGTERM ended it with exit code $code"
docker logs "$name" 2>&1 | grep -q "stopped" || die "it was not ended by SIGTERM"
echo "the container starts, is healthy and ends"

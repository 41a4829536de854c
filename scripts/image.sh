#!/bin/sh
# Builds the container image with whichever of docker, podman and buildah is there.
#
#   scripts/image.sh [--target cpu|gpu] [--tag NAME:TAG] [--base IMAGE] [-- OPTION...]
#
# IMAGE_BUILDER chooses the tool. What follows -- goes to it as it is, for a proxy, a mirror or a certificate of
# yours. SOURCE_DATE_EPOCH, where set, is the image's time of creation. Exit codes: 0 built, 1 stopped with a message,
# 2 wrong usage.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
target=cpu tag='' base=''

usage() {
    echo "usage: scripts/image.sh [--target cpu|gpu] [--tag NAME:TAG] [--base IMAGE] [-- OPTION...]" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
        --target) target=${2:-}; shift 2 || usage ;;
        --tag) tag=${2:-}; shift 2 || usage ;;
        --base) base=${2:-}; shift 2 || usage ;;
        --) shift; break ;;
        *) usage ;;
    esac
done
case $target in
    cpu | gpu) ;;
    *) echo "scripts/image.sh: --target is cpu or gpu, not '$target'." >&2; exit 2 ;;
esac

# docker is often installed where no daemon runs; the other two work without one.
works() {
    case $1 in
        docker) docker version --format '{{.Server.Version}}' ;;
        *) "$1" --version ;;
    esac > /dev/null 2>&1
}

found=''
builder=''
for tool in ${IMAGE_BUILDER:-docker podman buildah}; do
    if ! command -v "$tool" > /dev/null 2>&1; then
        found="$found
  $tool: not installed"
    elif ! works "$tool"; then
        found="$found
  $tool: installed, but its daemon does not answer or it does not start (\`$tool version\` says why)"
    else
        builder=$tool
        break
    fi
done
if [ -z "$builder" ]; then
    {
        echo "The image was not built: nothing to build it with."
        echo "Looked for: ${IMAGE_BUILDER:-docker, podman or buildah} (IMAGE_BUILDER names one)."
        echo "Found:$found"
        echo "What to do: start docker's daemon, or install one that needs none (Debian, Ubuntu: apt install buildah)."
    } >&2
    exit 1
fi

cd "$root"
version=$(sed -n 's/^ *version="\(.*\)",$/\1/p' setup.py)
revision=unknown source=''
if commit=$(git rev-parse HEAD 2> /dev/null); then
    revision=$commit
    [ -z "$(git status --porcelain --untracked-files=no)" ] || revision="$commit+changes"
    # Without what may be a password in the address.
    source=$(git config --get remote.origin.url | sed 's#^\(https*://\)[^/@]*@#\1#' || true)
fi
epoch=${SOURCE_DATE_EPOCH:-$(date +%s)}
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ 2> /dev/null || date -u -r "$epoch" +%Y-%m-%dT%H:%M:%SZ)
if [ -z "$tag" ]; then
    tag=galen:$version
    [ "$target" = cpu ] || tag=$tag-$target
fi

set -- --target "$target" --tag "$tag" \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created" \
    --build-arg "SOURCE=$source" "$@" .
[ -z "$base" ] || set -- --build-arg "BASE=$base" "$@"
# The other two leave the health check out of an image in OCI's format, and buildah caches layers only when told to.
case $builder in
    docker) set -- build "$@" ;;
    *) set -- build --layers --format docker "$@" ;;
esac
echo "$builder builds $tag (target $target, revision $revision)"
"$builder" "$@"
echo "built: $tag"

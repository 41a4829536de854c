#!/bin/sh
# Finds a Python that can make Galen's virtual environment and hands over to setup_env.py.
#
#   scripts/setup.sh [--venv FOLDER] [--python VERSION_OR_PATH]
#
# GALEN_VENV and GALEN_PYTHON say the same. Without a wish: the Python of the environment that is there, else the newest
# working one of 3.13, 3.12 and 3.11. Each candidate is run, because a version manager's shim can exist and not work.
# Exit codes: 0 ready, 1 stopped with a message, 2 wrong usage, 3 no such Python, 130 interrupted.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
venv=${GALEN_VENV:-.venv}
wish=${GALEN_PYTHON:-}
while [ $# -gt 0 ]; do
    case $1 in
        --venv) venv=${2:?--venv needs a folder}; shift 2 ;;
        --python) wish=${2:?--python needs a version or a path}; shift 2 ;;
        *) echo "usage: scripts/setup.sh [--venv FOLDER] [--python VERSION_OR_PATH]" >&2; exit 2 ;;
    esac
done
case $venv in /*) ;; *) venv=$root/$venv ;; esac

# Prints the interpreter proper (not that of a virtual environment), or says what is wrong and fails.
probe='
import sys
version = sys.version_info[:2]
if not (3, 11) <= version < (3, 14) or sys.implementation.name != "cpython":
    sys.exit("it is %s %d.%d" % ((sys.implementation.name,) + version))
if getattr(sys, "abiflags", "").startswith("t"):
    sys.exit("it is a free-threaded build, for which TFX has no wheels")
try:
    import bz2, ctypes, ensurepip, os, ssl, sysconfig, venv
except ImportError as error:
    sys.exit("Python %d.%d lacks the module %s" % (version + (error.name,)))
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    sys.exit("Python %d.%d lacks its headers, by which one package is built" % version)
print(getattr(sys, "_base_executable", "") or sys.executable)
'
found=''

# try PATH: sets $python if that interpreter will do, else remembers why not.
try() {
    [ -x "$1" ] && [ ! -d "$1" ] || return 1
    if said=$("$1" -c "$probe" 2>&1 </dev/null); then
        # The last line: a warning may come before.
        python=$(printf '%s\n' "$said" | tail -n 1)
    else
        found="$found
  $1: $(printf '%s\n' "$said" | head -n 1)"
        return 1
    fi
}

# search NAME...: tries these names in every folder of PATH, then where version managers and builds put them.
search() {
    for name in "$@"; do
        version=${name#python}
        old_ifs=$IFS
        IFS=:
        for folder in $PATH; do
            IFS=$old_ifs
            if try "$folder/$name"; then return 0; fi
        done
        IFS=$old_ifs
        for candidate in \
            /usr/local/bin/"$name" /usr/bin/"$name" /opt/*/bin/"$name" "${HOME:-/nowhere}"/.local/bin/"$name" \
            "${PYENV_ROOT:-${HOME:-/nowhere}/.pyenv}"/versions/"$version"*/bin/"$name" \
            "${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-${HOME:-/nowhere}/.local/share}/uv/python}"/cpython-"$version"*/bin/"$name"
        do
            if try "$candidate"; then return 0; fi
        done
    done
    return 1
}

choose() {
    case $wish in
        */*) try "$wish"; return ;;
        '') ours=$(sed -n 's/^ *"interpreter": "\(.*\)",$/\1/p' "$venv/galen-setup.json" 2>/dev/null || true)
            if [ -n "$ours" ] && try "$ours"; then return; fi
            search python3.13 python3.12 python3.11 python3 ;;
        *) search "python${wish#python}" ;;
    esac
}

if ! choose; then
    {
        echo "The set-up stopped: no Python to work with."
        echo "Looked for: ${wish:-Python 3.13, 3.12 or 3.11} (on PATH, in /usr/local, /usr, /opt, pyenv's and uv's folders)."
        echo "Found: ${found:-nothing}"
        echo "What to do: install one with its venv module and headers (Debian, Ubuntu: apt install python3-venv python3-dev g++),"
        echo "name one with GALEN_PYTHON=/path/to/python3, or use the container image (docker build -t galen ., see Dockerfile)."
    } >&2
    exit 3
fi
exec "$python" "$root/scripts/setup_env.py" --venv "$venv"

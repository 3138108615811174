#!/bin/sh
# Brings the packages of the locks in "$@" into the Python environment of this folder's checkout.
# Each Python keeps an environment of its own, such as .venv-3.11, and .venv is a link to the one in use.
# PYTHON chooses a Python. Who chooses none keeps the environment in use, whichever Python made it.
set -eu

fail() {
    code=$1
    shift
    echo "error: $*" >&2
    exit "$code"
}

# "Python 3.11.2" has its environment in .venv-3.11.
home_of() {
    short=${1#Python }
    echo ".venv-${short%.*}"
}

use() {
    rm -f .venv
    ln -s "$1" .venv
}

pip() {
    "$home/bin/python" -m pip --disable-pip-version-check "$@"
}

uv() {
    "$home/bin/python" -m uv pip install -q --python "$home/bin/python" --no-deps "$@"
}

# uv reads none of pip's settings. Where those say from where packages come, pip alone follows them.
pip_has_its_own_index() {
    [ -z "${UV_DEFAULT_INDEX:-}" ] &&
        pip config list | grep -Eq '(index-url|no-index|proxy|client-cert|trusted-host)='
}

install_by_uv() {
    bundle=${SSL_CERT_FILE:-$(pip config list | sed -n "s/.*\.cert='\(.*\)'$/\1/p" | tail -n 1)}
    [ -z "$bundle" ] || export SSL_CERT_FILE="$bundle"
    awk '/^[a-z]/ { is_uv = /^uv==/ } is_uv' requirements-dev.lock |
        pip install -q --require-hashes --only-binary :all: -r /dev/stdin &&
        # pyspark is an archive of jars: to compress it once more takes half a minute.
        uv --require-hashes --config-settings-package 'pyspark:--build-option=--compression=stored' "$@" &&
        uv --build-constraints requirements-dev.lock -e .
}

install_by_pip() {
    pip install --require-hashes "$@" && pip install -q --no-deps -e .
}

in_use=$(.venv/bin/python -V 2> /dev/null) || in_use=
python=${PYTHON:-}
if [ -z "$python" ]; then
    python=python3
    [ -z "$in_use" ] || python=.venv/bin/python
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null ||
    fail 7 "Python 3.10 or newer is needed and $python is not: install one, or run make PYTHON=/path/to/it."
version=$("$python" -V)
home=$(home_of "$version")

# A folder .venv is from before each Python had an environment of its own: it becomes that of its Python.
if [ -d .venv ] && [ ! -L .venv ]; then
    old=$(home_of "$in_use")
    if [ -n "$in_use" ] && [ ! -e "$old" ]; then
        mv .venv "$old"
        use "$old"
    else
        rm -rf .venv
    fi
fi

# What is noted of an environment that has the lock $1.
state_with() {
    echo "$(cat "$1" pyproject.toml | cksum) $version $PWD"
}

missing=
for lock in "$@"; do
    [ "$(cat "$home/installed/$lock" 2> /dev/null)" = "$(state_with "$lock")" ] || missing="$missing -r $lock"
done

if [ -n "$missing" ]; then
    "$python" -c 'import venv, ensurepip' 2> /dev/null ||
        fail 7 "$python lacks its venv module: install it (on Debian: apt-get install python3-venv)."
    if [ "$(cat "$home/installed/python" 2> /dev/null)" != "$version $PWD" ]; then
        [ "$("$home/bin/python" -V 2> /dev/null)" = "$version" ] || rm -rf "$home"
        "$python" -m venv "$home" || fail 7 "$python could not make an environment: it says why above."
        mkdir -p "$home/installed"
        echo "$version $PWD" > "$home/installed/python"
    fi
    # What is half installed counts as nothing.
    for lock in "$@"; do
        rm -f "$home/installed/$lock"
    done
    echo "installing the Python packages of$(echo "$missing" | sed 's/ -r / /g') into $home …" >&2
    # shellcheck disable=SC2086 # each lock is two words, "-r" and its name
    if pip_has_its_own_index || { ! install_by_uv $missing && echo "uv could not, so pip does it." >&2; }; then
        install_by_pip $missing ||
            fail 5 "the Python packages did not arrive: pip says why above. Mend it and run make setup again."
    fi
    for lock in "$@"; do
        state_with "$lock" > "$home/installed/$lock"
    done
fi
[ "$(readlink .venv)" = "$home" ] || use "$home"

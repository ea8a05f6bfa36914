#!/usr/bin/env bash
# Installs what one purpose needs: tools/install.sh run|demo|check|test|screenshots
# Python packages go to .venv; Debian packages are installed by root, and named to everybody else.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'phoenix: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# What each purpose needs: requirements file; essential and optional Debian packages.
purpose=${1:-}
requirements=requirements-dev.txt essential="" optional=""
case $purpose in
    run) requirements=requirements.txt essential="esorex cpl-plugin-uves" optional="cpl-plugin-naco" ;;
    demo) requirements=requirements.txt essential="esorex cpl-plugin-uves" optional="cpl-plugin-naco fitsverify" ;;
    check) ;;
    test) essential="esorex cpl-plugin-uves" optional="chromium cpl-plugin-naco curl fitsverify libfaketime openssl postgresql redis-tools stilts" ;;
    screenshots) essential="chromium" ;;
    *) say "usage: tools/install.sh run|demo|check|test|screenshots" && exit 2 ;;
esac

# Is a package's program here, however it came?
present() {
    case $1 in
        cpl-plugin-*) has esorex && [[ $(esorex --recipes 2>/dev/null) == *"${1#cpl-plugin-}_"* ]] ;;
        libfaketime) compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null ;;
        postgresql) has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
        chromium) has chromium || has chromium-browser ;;
        redis-tools) has redis-server || has redis-check-rdb ;; # one program; redis-server would start a service
        *) has "$1" ;;
    esac
}

missing() {
    local package
    for package in "$@"; do present "$package" || printf '%s ' "$package"; done
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends \
        -o DPkg::Lock::Timeout=200 -o Dpkg::Use-Pty=0 "$@" </dev/null >/dev/null
}

# Install the named packages; a failure usually means that the lists are old or not there yet.
install_packages() {
    say "installing Debian packages: $*"
    apt_install "$@" 2>/dev/null && return
    [[ -n ${lists_are_new:-} ]] || apt-get update --quiet=2 -o DPkg::Lock::Timeout=200 </dev/null >/dev/null || true
    lists_are_new=yes
    apt_install "$@" || say "could not install: $*"
}

# PostgreSQL's package would make a database and start a server; the tests want its programs only.
install_postgresql() {
    local setting=/etc/postgresql-common/createcluster.d/phoenix.conf
    mkdir -p "${setting%/*}"
    echo 'create_main_cluster = false' >"$setting"
    install_packages postgresql
    rm -f "$setting"
    rmdir --ignore-fail-on-non-empty "${setting%/*}"
}

debian_packages() {
    local wanted package
    wanted=$(missing $essential $optional)
    [[ -n $wanted ]] || return 0
    if [[ $EUID -ne 0 ]] || ! has apt-get; then
        say "not here: $wanted"
        say "as root, run: apt-get install --no-install-recommends $wanted"
        return 0
    fi
    wanted=$(missing $essential)
    [[ -z $wanted ]] || install_packages $wanted
    for package in $(missing $optional); do # one by one: none may hold up the others
        if [[ $package == postgresql ]]; then install_postgresql; else install_packages "$package"; fi
    done
}

report_missing() {
    local wanted package
    for package in $(missing $optional); do
        case $package in
            cpl-plugin-naco) say "left out, $package: no NACO in the demo; its ABs and the tests of its recipes fail" ;;
            fitsverify) say "left out, $package: the demo does without; the tests that verify products with it fail" ;;
            libfaketime) say "left out, $package: no clock jumps among the injected faults" ;;
            openssl) say "left out, $package: the tests of archives over TLS will fail" ;;
            postgresql) say "left out, $package: the tests use PostgreSQL from a Python wheel" ;;
            redis-tools) say "left out, $package: the tests of Redis as broker will fail" ;;
            chromium) say "left out, $package: the tests in a browser will fail" ;;
            curl) say "left out, $package: the tests of the examples for it will fail" ;;
            stilts) say "left out, $package: the tests that ask it about the VO services will fail" ;;
        esac
    done
    wanted=$(missing $essential)
    [[ -z $wanted ]] || { say "cannot go on without: $wanted" && exit 1; }
}

suitable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13 /usr/bin/python3; do
        suitable "$candidate" && echo "$candidate" && return
    done
    say "needs Python 3.11 or newer (name it with PYTHON=...)" && return 1
}

make_environment() {
    local python=$1
    say "making .venv with $("$python" --version)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if [[ $EUID -ne 0 ]] || ! has apt-get; then
            say "$python cannot make environments; as root, run: apt-get install python3-venv" && return 1
        fi
        install_packages python3-venv
    fi
    rm -rf .venv
    "$python" -m venv .venv
}

# The stamp names the requirements that were installed; development's contain those of running.
python_packages() {
    local python stamp
    suitable .venv/bin/python || { python=$(find_python) && make_environment "$python"; }
    stamp=.venv/installed-$requirements-$(cat requirements*.txt | sha256sum | cut -c1-16)
    [[ -e $stamp || -e ${stamp/requirements.txt/requirements-dev.txt} ]] && return 0
    say "installing $requirements (a minute or two)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements" </dev/null >&2
    rm -f .venv/installed-"$requirements"-*
    touch "$stamp"
}

debian_packages
report_missing
python_packages

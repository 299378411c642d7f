#!/usr/bin/env bash
# Installs the Debian packages that a part of the project needs and this machine lacks.
#
#   packages.sh build | demo | browser | clients | test
#
# It names what is missing and asks first; there is no question with DEMO_YES=1, with CI=true, or without a terminal.
# The servers among the packages are neither started nor enabled: the project runs its own, in a temporary folder.
set -euo pipefail

build=(gcc libc6-dev ca-certificates)
demo=("${build[@]}" prosody ngircd python3-slixmpp)
mail=(dovecot-imapd dovecot-lmtpd dovecot-sieve postfix)
test=("${demo[@]}" prosody-modules ejabberd erlang-p1-sqlite3 inspircd atheme-services biboumi libgnutls30 libltdl7 postgresql
      "${mail[@]}" mblaze xz-utils systemd)
hybrid=${XDG_CACHE_HOME:-$HOME/.cache}/wherry-tools/ircd-hybrid
browser=("${demo[@]}" chromium fonts-noto-color-emoji)
command -v npm >/dev/null || browser+=(npm)
clients=("${browser[@]}" tmux profanity poezio)

policy=/usr/sbin/policy-rc.d
apt=(apt-get -qq -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
sudo=()
added=()
work=

say() { printf '%s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# mail_fits tells whether the demo can have mail servers: Postfix runs for root only, and no other one may have to go for it.
mail_fits() {
  [ "$(id -u)" = 0 ] && ! dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
    grep -v '^installed postfix ' | grep -q '^installed .*\bmail-transport-agent\b'
}

all_installed() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u; }

# confirm asks where there is somebody to ask.
confirm() {
  if [ "${DEMO_YES:-}" = 1 ] || [ "${CI:-}" = true ] || ! [ -t 0 ]; then return 0; fi
  local answer
  read -r -p "Install them now? [y/N] " answer
  case $answer in [yY]*) ;; *) die "Nothing was installed." ;; esac
}

# become_root finds the right to install, or says what to run.
become_root() {
  [ "$(id -u)" != 0 ] || return 0
  command -v sudo >/dev/null || die "Run this as root, then try again:  apt-get install --no-install-recommends $*"
  sudo=(sudo)
}

# hold_services keeps packages from starting their servers until release_services. A policy that already does is left alone.
hold_services() {
  trap release_services EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ -x $policy ]; then
    local status=0
    $policy prosody start >/dev/null 2>&1 || status=$?
    [ $status != 101 ] || return 0
  fi
  [ ! -e $policy ] || "${sudo[@]}" mv $policy $policy.before-wherry
  printf '#!/bin/sh\n# until the packages are installed\nexit 101\n' >"$work/policy"
  "${sudo[@]}" install -m 0755 "$work/policy" $policy
  held=yes
}

release_services() {
  if [ "${held:-}" = yes ]; then
    "${sudo[@]}" rm -f $policy
    [ ! -e $policy.before-wherry ] || "${sudo[@]}" mv $policy.before-wherry $policy
    held=
  fi
  rm -rf "$work"
}

run_apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}" "$@" </dev/null >>"$work/log" 2>&1; }

# keep_others stops where a package would drive another out, as the mail server Postfix does with any other.
keep_others() {
  local leaving
  leaving=$(LC_ALL=C "${apt[@]}" --simulate install --no-install-recommends "$@" 2>/dev/null | sed -n 's/^Remv \([^ ]*\).*/\1/p' | xargs)
  [ -z "$leaving" ] || die "Nothing was installed: these packages of yours would have to go: $leaving"
}

# answer says in advance what a package would ask. Postfix gets no configuration: the system's own never runs.
answer() {
  case " $* " in
    *" postfix "*) "${sudo[@]}" debconf-set-selections <<<'postfix postfix/main_mailer_type select No configuration' >>"$work/log" 2>&1 ;;
  esac
}

failed() {
  tail -n 40 "$work/log" >&2
  die "Installing the packages failed; what apt-get said stands above."
}

# fetch downloads; a package list that is missing or old is renewed once.
fetch() {
  run_apt install --download-only --no-install-recommends "$@" && return 0
  run_apt update && run_apt install --download-only --no-install-recommends "$@"
}

# unpack_hybrid keeps ircd-hybrid in the user's cache: Debian lets it be installed only where ngircd is not. What it
# is linked with is among the tests' packages.
unpack_hybrid() {
  [ ! -x "$hybrid/usr/sbin/ircd-hybrid" ] || return 0
  say "Unpacking Debian's ircd-hybrid to $hybrid (it is not installed) …"
  download_hybrid || { become_root ircd-hybrid && run_apt update && download_hybrid; } || failed
  rm -rf "$hybrid" "$hybrid.new"
  mkdir -p "$hybrid.new"
  dpkg-deb -x "$work"/ircd-hybrid_*.deb "$hybrid.new"
  mv "$hybrid.new" "$hybrid"
}

download_hybrid() { (cd "$work" && "${apt[@]}" download ircd-hybrid) >>"$work/log" 2>&1; }

# disable_services takes the servers of the given packages out of the next boot.
disable_services() {
  local units
  [ -d /run/systemd/system ] || return 0
  mapfile -t units < <(dpkg-query -L "$@" | sed -n -E 's,.*/systemd/system/([^/@]+\.(service|socket))$,\1,p' | sort -u)
  [ ${#units[@]} = 0 ] || "${sudo[@]}" systemctl disable "${units[@]}" >>"$work/log" 2>&1 || true
}

report() {
  local others
  others=$(comm -13 <(printf '%s\n' "$@" | sort) <(printf '%s\n' "${added[@]}") | xargs)
  say "Added: $*"
  [ -z "$others" ] || say "and what they need: $others"
  say "None of their servers was started. To take them away again: apt-get purge --autoremove $*"
}

# by_program serves systems without dpkg: it can only look.
by_program() {
  local program missing=()
  for program in "$@"; do command -v "$program" >/dev/null || missing+=("$program"); done
  [ ${#missing[@]} = 0 ] || die "This system is not Debian. Please install what provides: ${missing[*]}"
}

main() {
  local wanted package missing=()
  PATH=$PATH:/usr/sbin:/sbin
  case ${1:-} in
    build) wanted=("${build[@]}") ;;
    demo) wanted=("${demo[@]}")
          ! mail_fits || wanted+=("${mail[@]}") ;;
    browser) wanted=("${browser[@]}") ;;
    clients) wanted=("${clients[@]}") ;;
    test) wanted=("${test[@]}") ;;
    *) say "usage: packages.sh build | demo | browser | clients | test" >&2; exit 2 ;;
  esac
  if ! command -v dpkg-query >/dev/null; then
    case $1 in
      build) by_program gcc ;;
      demo) by_program gcc prosody ngircd python3 ;;
      test) by_program gcc prosody ngircd python3 ejabberdctl inspircd atheme-services biboumi postgres initdb psql dovecot postfix mshow xz systemd-analyze systemd-sysusers
            [ -x "$hybrid/usr/sbin/ircd-hybrid" ] || die "Please put what Debian's package ircd-hybrid holds into $hybrid" ;;
      browser) by_program gcc prosody python3 chromium npm ;;
      clients) by_program gcc prosody python3 chromium npm tmux profanity poezio ;;
    esac
    return
  fi
  for package in "${wanted[@]}"; do installed "$package" || missing+=("$package"); done
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  [ ${#missing[@]} = 0 ] || install_missing
  [ "$1" != test ] || unpack_hybrid
}

install_missing() {
  say "Missing Debian packages: ${missing[*]}"
  become_root "${missing[@]}"
  confirm
  all_installed >"$work/before"
  hold_services
  say "Installing them (their servers are not started) …"
  fetch "${missing[@]}" || failed
  keep_others "${missing[@]}"
  answer "${missing[@]}" || failed
  run_apt install --no-install-recommends "${missing[@]}" || failed
  mapfile -t added < <(comm -13 "$work/before" <(all_installed))
  disable_services "${added[@]}"
  report "${missing[@]}"
}

main "$@"

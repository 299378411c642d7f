#!/usr/bin/env bash
# Brings the mails that other projects test with, some thousand, into the user's cache, and prints the folder.
#
# Nothing of them is kept with the project: they are their authors' and stay under their licences. A source that
# cannot be had is left out, and told of; it is tried again the next time. What is there is not fetched again.
set -euo pipefail

# What holds mails: a Go module of an exact version, or a source package of this machine's Debian; and where in it they are.
sources=(
  "go github.com/jhillyerd/enmime/v2@v2.3.0 testdata dsn/testdata"
  "go github.com/ProtonMail/gluon@v0.17.1-0.20230724134000-308be39be96e benchmarks/imaptest tests/testdata imap/testdata"
  "debian bogofilter src/tests/inputs"
  "debian flufl.bounce flufl/bounce/tests/data"
  "debian gmime tests"
  "debian kf5-messagelib mimetreeparser/autotests/data templateparser/autotests/data messagecomposer/autotests/data messageviewer"
  "debian kmime autotests/data"
  "debian libemail-simple-perl t/test-mails"
  "debian libmail-deliverystatus-bounceparser-perl t/corpus"
  "debian libmail-mbox-messageparser-perl t/mailboxes"
  "debian mairix test/messages"
  "debian notmuch test/corpora"
  "debian php-horde-mime test/Horde/Mime/fixtures"
  "debian public-inbox t"
  "debian redmine test/fixtures/mail_handler"
  "debian request-tracker4 t/data"
  "debian rspamd test/functional/messages"
)

say() { printf '%s\n' "$*" >&2; }

# A list that changed is another folder.
base=${XDG_CACHE_HOME:-$HOME/.cache}/wherry-tools/mails
folder=$base/$(printf '%s\n' "${sources[@]}" | sha256sum | cut -c1-16)

# from_go unpacks a module. The go command checks its sum.
from_go() {
  local dir
  (cd "$work" && GOWORK=off GOFLAGS='' go mod download -json "$1") >"$work/module" || { cat "$work/module"; return 1; }
  dir=$(sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p' "$work/module")
  copy "$dir" "${@:2}"
}

# apt runs apt-get in a folder of its own, so that the machine's lists stay as they are, and nobody need be root.
apt() {
  apt-get -qq -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
    -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/apt/sources" -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" "$@"
}

# lists has the machine's mirrors tell of their source packages.
lists() {
  [ ! -e "$work/apt" ] || return 0
  mkdir -p "$work"/apt/{sources,lists/partial,cache/archives/partial}
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/apt/sources/${file##*/}"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -e "$file" ] || sed -n 's/^deb\(-src\)\{0,1\} /deb-src /p' "$file" >"$work/apt/sources/${file##*/}.list"
  done
  apt update || true
}

# from_debian unpacks the upstream part of a source package.
from_debian() {
  local archive tree
  command -v apt-get >/dev/null || return 1
  lists
  mkdir -p "$work/got" "$work/tree" && cd "$work/got"
  apt source --download-only --tar-only "$1" >/dev/null || return 1
  for archive in *.orig.tar.*; do tar --no-same-owner -xf "$archive" -C "$work/tree" || return 1; done
  cd "$work"
  for tree in tree/*/; do copy "$tree" "${@:2}"; done
}

# copy takes the folders of a tree that there are, and of them plain files that are not too big.
copy() {
  local from=$1 part
  shift
  for part; do
    [ ! -d "$from/$part" ] || (cd "$from" && find "$part" -type f -size +0 -size -16M -print0 | tar --null -T - --mode=u+rwX -cf -) | tar --no-same-permissions -xf - -C "$work/new"
  done
}

# bring brings one source, or nothing of it.
bring() {
  local kind=$1 what=$2 name=${2%@*}
  name=${name#github.com/}
  name=${name//\//-}
  [ ! -d "$folder/$name" ] || return 0
  rm -rf "$work/new" "$work/got" "$work/tree"
  mkdir "$work/new"
  if ! ("from_$kind" "$what" "${@:3}") >"$work/log" 2>&1 || [ -z "$(ls -A "$work/new")" ]; then
    say "$name: no mails: $(tr '\n' ' ' <"$work/log" | cut -c1-500)"
    return 0
  fi
  mv "$work/new" "$folder/$name"
  say "$name: $(find "$folder/$name" -type f | wc -l) files"
}

main() {
  mkdir -p "$folder"
  exec 9>"$base/lock"
  flock 9
  touch "$folder"
  find "$base" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +
  work=$(mktemp -d "$base/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  local source
  # shellcheck disable=SC2086
  for source in "${sources[@]}"; do bring $source; done
  printf '%s\n' "$folder"
}

main

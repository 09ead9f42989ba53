#!/bin/sh
# Installs failmail, without a compiler and without root:
#
#   curl -fsSL https://github.com/hut8labs/failmail/releases/latest/download/install.sh | sh
#   curl -fsSL https://github.com/hut8labs/failmail/releases/latest/download/install.sh | sh -s -- 1.2.3
#
# It downloads the archive of this system, compares its SHA-256 with checksums.txt of
# the release, and puts the program into /usr/local/bin, or into ~/.local/bin where it
# may not write there.
#
#   FAILMAIL_INSTALL_DIR   puts it there instead
#   FAILMAIL_INSTALL_FROM  downloads from there; a mirror has the paths of GitHub's releases
set -eu

fail() {
	echo "install.sh: $*" >&2
	exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# download URL FILE
download() {
	if has curl; then
		curl -fsSL -o "$2" "$1"
	elif has wget; then
		wget -q -O "$2" "$1"
	elif has fetch; then # FreeBSD
		fetch -q -o "$2" "$1"
	else
		fail "it needs curl or wget; install one of them"
	fi || fail "cannot download $1"
}

# verify FILE SHA256
verify() {
	if has sha256sum; then
		got=$(sha256sum "$1")
	elif has shasum; then
		got=$(shasum -a 256 "$1")
	elif has openssl; then
		got=$(openssl dgst -sha256 -r "$1")
	else
		fail "it needs sha256sum, shasum or openssl to verify what it downloads; install one of them"
	fi
	[ "${got%% *}" = "$2" ] || fail "the SHA-256 of ${1##*/} is ${got%% *}, and checksums.txt says $2.
Nothing was installed. Try again; if it stays so, report it: https://github.com/hut8labs/failmail/security"
}

# find_target sets the system and processor, as the archives name them.
find_target() {
	case $(uname -s) in
	Linux) system=linux ;;
	Darwin) system=darwin ;;
	FreeBSD) system=freebsd ;;
	MINGW* | MSYS* | CYGWIN*) fail "on Windows, unpack failmail_VERSION_windows_amd64.zip from $from" ;;
	*) fail "there is no archive for the system $(uname -s); build it from source: https://github.com/hut8labs/failmail" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) processor=amd64 ;;
	aarch64 | arm64) processor=arm64 ;;
	*) fail "there is no archive for the processor $(uname -m); build it from source: https://github.com/hut8labs/failmail" ;;
	esac
	target=${system}_$processor
}

# find_folder sets where the program goes.
find_folder() {
	folder=${FAILMAIL_INSTALL_DIR:-/usr/local/bin}
	if [ -z "${FAILMAIL_INSTALL_DIR:-}" ] && ! { mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ]; }; then
		folder=${HOME:?is not set, and /usr/local/bin cannot be written}/.local/bin
	fi
	{ mkdir -p "$folder" && [ -w "$folder" ]; } || fail "cannot write to $folder; set FAILMAIL_INSTALL_DIR to a folder where you can"
}

# Called by the last line, so that a download that breaks off does nothing.
main() {
	version=${1:-}
	version=${version#v}
	from=${FAILMAIL_INSTALL_FROM:-https://github.com/hut8labs/failmail/releases}
	from=${from%/}
	find_target
	find_folder
	temporary=$(mktemp -d)
	trap 'rm -rf "$temporary"' EXIT
	trap 'exit 130' INT TERM

	if [ -n "$version" ]; then
		release=$from/download/v$version
	else
		release=$from/latest/download
	fi
	download "$release/checksums.txt" "$temporary/checksums.txt"
	# The names in it tell which version is the latest.
	archive=
	while read -r sum file; do
		case $file in failmail_*_"$target".tar.gz) archive=$file wanted=$sum ;; esac
	done <"$temporary/checksums.txt"
	[ -n "$archive" ] || fail "$release/checksums.txt names no archive for $target"
	version=${archive#failmail_}
	version=${version%_"$target".tar.gz}

	# Not from "latest", which may have become another one since.
	download "$from/download/v$version/$archive" "$temporary/$archive"
	verify "$temporary/$archive" "$wanted"
	tar -xzf "$temporary/$archive" -C "$temporary"
	# Renamed into place: a failmail that runs goes on.
	cp "$temporary/${archive%.tar.gz}/failmail" "$folder/.failmail.new"
	chmod 755 "$folder/.failmail.new"
	mv -f "$folder/.failmail.new" "$folder/failmail"
	"$folder/failmail" --version >/dev/null || fail "$folder/failmail does not run on this machine"

	echo "failmail $version is installed as $folder/failmail."
	command=failmail
	case ":$PATH:" in *":$folder:"*) ;; *) command=$folder/failmail ;; esac
	echo
	echo "See 600 mails become one, on this machine only:   $command demo"
	echo "Run it, then send mail to localhost:2525:         $command --relay mail.example.com:25"
	[ "$command" = failmail ] || printf '\n%s is not in your PATH. To have it there: export PATH="%s:%s"\n' "$folder" "$folder" "\$PATH"
	echo "All else: https://github.com/hut8labs/failmail/blob/main/docs/quickstart.md"
}

main "$@"

# Brings the programs that tests with real software need; read by
# test/clients/run, test/examples/run and test/monitors/run, which set tmp, a folder that they
# remove, and only, the names they were given.

die() { echo "run: $*" >&2; exit 1; }

# wants NAME: whether it was asked for.
wants() {
	local name
	[ ${#only[@]} -eq 0 ] && return 0
	for name in "${only[@]}"; do [[ $1 == "$name"* ]] && return 0; done
	return 1
}

# program NAME PACKAGE and file PATH PACKAGE note what is missing.
missing=()
program() { command -v "$1" >/dev/null || missing+=("$2"); }
file() { [ -e "$1" ] || missing+=("$2"); }

install_missing() {
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		die "missing, and only root on a machine with apt-get can install it: ${missing[*]}"
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >"$tmp/apt" 2>&1 &&
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$tmp/apt" 2>&1 ||
		{ tail -20 "$tmp/apt" >&2; die "cannot install ${missing[*]}"; }
}

# unpack PACKAGE ... lays Debian packages under $tmp/root without installing them:
# for those that would start or replace a service on this machine.
unpack() {
	mkdir -p "$tmp/debs" "$tmp/root"
	# A machine whose lists were thrown away to save space has to fetch them first.
	(cd "$tmp/debs" && { apt-get download -qq "$@" || { apt-get update -qq && apt-get download -qq "$@"; }; }) >/dev/null 2>"$tmp/apt" ||
		{ cat "$tmp/apt" >&2; die "cannot download $*"; }
	for deb in "$tmp"/debs/*.deb; do dpkg -x "$deb" "$tmp/root"; rm "$deb"; done
}

# npm_install PACKAGE ... puts packages under $tmp/npm.
npm_install() {
	npm install --silent --no-audit --no-fund --no-save --cache "$tmp/npm-cache" --prefix "$tmp/npm" "$@" >"$tmp/npm-log" 2>&1 ||
		{ cat "$tmp/npm-log" >&2; die "cannot install $*"; }
}

#!/bin/sh
# Installs a package in a root of its own, uses it and removes it: package.sh PACKAGE EMPTY-FOLDER. Within a mount and a
# process namespace, with which all of it ends.
set -eu
package=$1
place=$2
mkdir -p "$place"
mount -t tmpfs tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root"
mount -t proc proc "$place/root/proc"
mount --rbind /dev "$place/root/dev"
mount -t tmpfs tmpfs "$place/root/tmp"
cp "$package" "$place/root/tmp/drydock.deb"

chroot "$place/root" sh -eu <<'INSIDE'
export DEBIAN_FRONTEND=noninteractive HOME=/home/ada
fail() { echo "package.sh: $*" >&2; exit 1; }
dpkg --install /tmp/drydock.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log >&2; exit 1; }
[ "$(dpkg-query --show --showformat '${db:Status-Status}' drydock)" = installed ] || fail "dpkg does not say that it is installed"
echo installed

dpkg --verify drydock | grep . && fail "files differ from what the package says"
for file in /usr/bin/drydock /usr/share/applications/drydock.desktop /usr/share/icons/hicolor/48x48/apps/drydock.png \
  /usr/share/icons/hicolor/scalable/apps/drydock.svg /usr/share/man/man1/drydock.1.gz /usr/share/man/man1/drydock-tags-list.1.gz \
  /usr/share/bash-completion/completions/drydock /usr/share/zsh/vendor-completions/_drydock \
  /usr/share/fish/vendor_completions.d/drydock.fish /usr/lib/systemd/user/drydock.service /usr/share/doc/drydock/copyright; do
  [ -e "$file" ] || fail "$file is not there"
done
missing=$(ldd /usr/bin/drydock | grep 'not found' || true)
[ -z "$missing" ] || fail "libraries are missing: $missing"
# Every library belongs to a package, and what links them is in Depends.
case $(dpkg-query --show --showformat '${Depends}' drydock) in *libwebkit2gtk-4.1-0*libc6* | *libc6*libwebkit2gtk-4.1-0*) ;; *) fail "Depends lacks what the window needs" ;; esac
echo "files are in place"

mkdir -p "$HOME"
env -u DISPLAY -u WAYLAND_DISPLAY /usr/bin/drydock serve --port 0 --data-dir "$HOME/data" --ready-file "$HOME/ready.json" >/tmp/serve.log 2>&1 &
server=$!
tries=0
until [ -e "$HOME/ready.json" ]; do
  kill -0 "$server" 2>/dev/null || { cat /tmp/serve.log >&2; fail "the server ended"; }
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || fail "the server does not get ready"
  sleep 0.1
done
/usr/bin/drydock --data-dir "$HOME/data" functions list >/dev/null || fail "the server does not answer"
kill -INT "$server"
wait "$server" || fail "the server did not end as it should"
echo "served without a display"

dpkg --purge drydock >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log >&2; exit 1; }
left=$(find /usr /etc /var/lib -xdev -name '*drydock*' -newer /tmp/drydock.deb -not -path '*/dpkg/*' 2>/dev/null || true)
[ -z "$left" ] || fail "left behind: $left"
[ -e "$HOME/data/drydock.db" ] || fail "the user's data is gone"
echo removed
INSIDE

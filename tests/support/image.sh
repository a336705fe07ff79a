# Fills a folder with what an image of this machine's own interpreters needs, for an engine that can pull none:
# busybox and its names, and with the word `all` node, python3, php and ruby with the libraries that they load.
#
#   sh image.sh FOLDER small|all
set -eu
root=$1
mkdir -p "$root/bin" "$root/usr/bin" "$root/usr/local/src" "$root/etc" "$root/run" "$root/proc" "$root/sys" "$root/dev"
mkdir -m 1777 "$root/tmp"
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in $(busybox --list); do
  [ -e "$root/bin/$name" ] || ln -s busybox "$root/bin/$name"
done
[ "$2" = all ] || exit 0

# A file, and the libraries that it is linked with, where they are on this machine.
take() {
  for file in "$@" $(ldd "$@" 2>/dev/null | grep -o '/[^ :]*' | sort -u); do
    mkdir -p "$root$(dirname "$file")"
    # What is a link there already came with its folder.
    [ -e "$root$file" ] || [ -h "$root$file" ] || cp -L "$file" "$root$file"
  done
}
# A folder as it is, and what the libraries in it are linked with.
take_all() {
  mkdir -p "$root$1"
  cp -r "$1/." "$root$1"
  # shellcheck disable=SC2046 # a word for each library
  take $(find "$1" -type f -name '*.so')
}
program() {
  real=$(readlink -f "$2")
  take "$real"
  [ -e "$root/usr/bin/$1" ] || ln -s "$real" "$root/usr/bin/$1"
}
program node "$(command -v node)"
program python3 /usr/bin/python3
ln -s python3 "$root/usr/bin/python"
take_all "$(/usr/bin/python3 -c 'import os; print(os.path.dirname(os.__file__))')"
program php "$(command -v php)"
# What Debian's PHP knows of times.
take_all /usr/share/zoneinfo
take_all "$(php -r 'echo ini_get("extension_dir");')"
program ruby "$(command -v ruby)"
for folder in $(ruby --disable-gems -e 'puts $:'); do
  [ ! -d "$folder" ] || take_all "$folder"
done

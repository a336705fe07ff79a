# Process 1 of a container: starts the one command that the rest of the arguments are, and says how it ended.
#
# Its own standard input comes from the server, which keeps it open for as long as it lives: a line with a number of
# bytes, then those bytes, which are the command's standard input, then nothing; its end is the order to kill everything.
# $0 is a word that nobody else knows, with which the last line of each output begins. Of the second output only that
# line counts as the end that has it too, so that none is cut off.
e=
case $1 in
  */*)
    if [ -d "$1" ]; then e=d; elif [ ! -e "$1" ]; then e=n; elif [ ! -x "$1" ]; then e=x; fi ;;
  *)
    # First on the search path, then in the tag's own folder.
    if ! command -v "$1" >/dev/null 2>&1; then
      if [ -d "./$1" ] || [ ! -e "./$1" ]; then e=n; elif [ ! -x "./$1" ]; then e=x; else
        p=./$1; shift; set -- "$p" "$@"
      fi
    fi ;;
esac
[ -z "$e" ] || { printf %s "$e"; exit 0; }

# What the command reads, and the one process that writes it and waits for the server's end. The pipe has no name by
# the time the command runs.
mkfifo /tmp/.drydock && exec 4<>/tmp/.drydock 5</tmp/.drydock && rm /tmp/.drydock || exit 125
exec 3<&0 0</dev/null 6>&2
{ read -r n && head -c "$n" >&4 && exec 4>&- && read -r n; kill -9 -1; } <&3 3<&- 5<&- 6>&- >/dev/null 2>&1 &
exec 3<&- 4>&-
if [ "$DRYDOCK_STANDBY" ]; then
  "$@" <&5 5<&- 6>&- &
else
  # An interpreter that cannot wait itself: a shell waits in its place, for a script that ends in `exec "$@"`.
  sh -c 'printf .; exec sh -s -- "$@"' sh "$@" <&5 5<&- 6>&- &
fi
c=$!
# From here on a shell's own words about how its children end are nobody's.
exec 5<&- 2>/dev/null
wait $c
s=$?

# What the kernel counted, of control groups of either version: bytes, microseconds, kills for memory, refused forks.
g=/sys/fs/cgroup
value() { v=; read -r v <"$1"; }
word() { v=; while read -r a b; do if [ "$a" = "$2" ]; then v=$b; fi; done <"$1"; }
if [ -e $g/cgroup.controllers ]; then
  value $g/memory.peak; m=$v
  word $g/cpu.stat usage_usec; u=$v
  word $g/memory.events oom_kill; o=$v
  word $g/pids.events max; f=$v
else
  value $g/memory/memory.max_usage_in_bytes; m=$v
  value $g/cpuacct/cpuacct.usage; u=${v%???}
  word $g/memory/memory.oom_control oom_kill; o=$v
  word $g/pids/pids.events max; f=$v
fi
printf '\036%s %s %s %s %s %s\036' "$0" "$s" "${m:--}" "${u:--}" "${o:-0}" "${f:-0}"
printf '\036%s %s %s %s %s %s\036' "$0" "$s" "${m:--}" "${u:--}" "${o:-0}" "${f:-0}" >&6
exit "$s"

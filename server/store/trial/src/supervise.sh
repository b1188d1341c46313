# supervise BIN FOLDER SETTING...: a server in FOLDER for as long as standard input is open. Each line that comes in
# restarts it. Says "ready" when it answers; otherwise whatever went wrong, and ends.
set -u
exec 2>&1
bin=$1 folder=$2
shift 2

# Leaving the folder first: it is the working folder.
end() {
  "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null
  cd / && rm -rf "$folder"
}

control() { # start|restart
  "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -m fast -t 60 -w "$1" && echo ready && return
  cat "$folder/log"
  return 1
}

trap end EXIT
"$bin/initdb" -D "$folder/data" --username=regatta --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync || exit
printf '%s\n' "unix_socket_directories = '$folder'" "$@" >>"$folder/data/postgresql.conf"
control start || exit
while read -r _; do
  control restart || exit
done

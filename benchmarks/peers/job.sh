# The job of phoenix and of all its peers: waits for so many seconds, and notes in a file when it began and ended.
#
#     sh job.sh SECONDS FILE
#
# Seconds since the machine was started, to a hundredth: a shell reads them without starting anything.
read -r begin _ < /proc/uptime
sleep "$1"
read -r end _ < /proc/uptime
echo "$begin $end" >> "$2"

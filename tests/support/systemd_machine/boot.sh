#!/bin/sh
# boot.sh FOLDER SHARED CGROUP: start a systemd that has a machine of its own.
#
# Runs as the first process of new mount, pid, uts and ipc namespaces. Its changes of the disk are kept
# in memory, in the empty FOLDER. SHARED is a folder that host and machine see, as /srv/shared.
set -eu
folder=$1 shared=$2 cgroup=$3

if [ "${4-}" != inside ]; then
    echo 0 >"$cgroup/cgroup.procs" # first, so that the new namespace begins at this cgroup
    exec unshare --cgroup sh "$0" "$folder" "$shared" "$cgroup" inside
fi

mount --make-rprivate /
mount -t tmpfs -o mode=755 machine "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" machine "$folder/root"
root=$folder/root

mkdir -p "$root/srv/shared" "$root/old"
mount --bind "$shared" "$root/srv/shared"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys" # the kernel's settings are the host's
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -o remount,bind,ro "$root/sys" # also keeps udev away
for place in run tmp var/tmp var/log dev; do
    mount -t tmpfs -o mode=755 tmpfs "$root/$place"
done
chmod 1777 "$root/tmp" "$root/var/tmp"
mkdir -p "$root/var/log/journal" # the journal is kept there, as on a Pi that keeps it
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,mode=620,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"

# Do not run the services that the host runs at its boot: its timers would fetch packages.
rm -rf "$root"/etc/systemd/system/*.wants
echo systemd-machine >"$root/etc/hostname"

cd "$root"
pivot_root . old
umount -l /old
mount --make-rshared / # as at every boot: what systemd mounts for a service has to reach it
exec env -i container=nightjar-rig PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set -sys_time,-sys_module --inh-caps -sys_time,-sys_module \
    /lib/systemd/systemd --unit=basic.target --log-target=journal-or-kmsg

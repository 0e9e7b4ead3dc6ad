"""A disk that really loses what was not flushed when the power is cut, without a machine to cut.

fuse_disk.py shows one file, the disk, and logs every write and flush that reaches it. On that file
stand a loop device and ext4, and there the project's own spool works (writer.py). From the log the
disk is built again as it may be after a cut at any point (log.py), mounted and checked
(session.py). All of it happens in namespaces of its own: when its first process ends, however it
ends, the kernel ends the others and takes back the mounts and loop devices. rig.py starts it.
"""

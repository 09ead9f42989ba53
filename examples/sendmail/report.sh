#!/bin/sh
# What scripts have always done.
for disk in sda sdb sdc; do
	/usr/sbin/sendmail -t <<-EOF
		From: raid@web1.example.com
		To: ops@example.com
		Subject: RAID degraded

		$disk was removed from md0 after 17 errors
	EOF
done

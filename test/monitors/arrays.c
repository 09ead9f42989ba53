// Lets mdadm see RAID arrays without a kernel that has them, by LD_PRELOAD: an array is a
// plain file /dev/mdN, whose disks are what /sys/block/mdN says, a folder of the test.
// Each is a RAID 1 of /dev/sda1 and /dev/sdb1, of which the second one fails.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/major.h>
#include <linux/types.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>

FILE *fopen64(const char *path, const char *mode) {
	FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen64");
	return next(strcmp(path, "/proc/mdstat") == 0 ? "/sys/mdstat" : path, mode);
}

// array returns which array fd is, or -1.
static int array(int fd) {
	char link[32], path[64] = "";
	int number;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof path - 1) < 0 || sscanf(path, "/dev/md%d", &number) != 1) return -1;
	return number;
}

int fstat64(int fd, struct stat64 *st) {
	int (*next)(int, struct stat64 *) = dlsym(RTLD_NEXT, "fstat64");
	int code = next(fd, st), number = array(fd);
	if (code == 0 && number >= 0) {
		st->st_mode = S_IFBLK | 0660;
		st->st_rdev = makedev(MD_MAJOR, number);
	}
	return code;
}

static int has_failed(int number) {
	char path[64], state[16] = "";
	snprintf(path, sizeof path, "/sys/block/md%d/md/dev-sdb1/state", number);
	FILE *f = fopen64(path, "r");
	if (f == NULL) return 0;
	if (fgets(state, sizeof state, f) == NULL) state[0] = 0;
	fclose(f);
	return strncmp(state, "faulty", 6) == 0;
}

int ioctl(int fd, unsigned long request, ...) {
	va_list rest;
	va_start(rest, request);
	void *answer = va_arg(rest, void *);
	va_end(rest);
	int number = array(fd), failed = has_failed(number);
	if (request == GET_ARRAY_INFO && number >= 0) {
		*(mdu_array_info_t *)answer = (mdu_array_info_t){
			.major_version = 1, .minor_version = 2, .level = 1, .raid_disks = 2, .nr_disks = 2, .md_minor = number,
			.active_disks = 2 - failed, .working_disks = 2 - failed, .failed_disks = failed,
			.utime = 1 + failed, // that it changes says that something has
		};
		return 0;
	}
	mdu_disk_info_t *disk = answer;
	if (request == GET_DISK_INFO && number >= 0 && disk->number < 2) {
		disk->major = 8;
		disk->minor = 1 + 16 * disk->number;
		disk->raid_disk = disk->number;
		disk->state = disk->number == 1 && failed ? 1 << MD_DISK_FAULTY : 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC;
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

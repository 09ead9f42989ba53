// Lets smartd see ATA disks on a machine that has none, by LD_PRELOAD: a disk is a plain file
// /dev/sdX, and /sys/disks/sdX, a file of the test, has how many of its sectors are pending,
// and how many uncorrectable.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/hdreg.h>

enum { SECTOR = 512, HEAD = 4 }; // an answer is a sector behind four bytes

// text has the bytes of each word swapped (ACS-3, 3.3.10).
static void put_text(unsigned char *words, const char *text, int length) {
	for (int i = 0; i < length; i++) words[i ^ 1] = *text ? *text++ : ' ';
}

static void identify(unsigned char *sector) {
	put_text(sector + 2 * 10, "WD-WCC000000001", 20);
	put_text(sector + 2 * 23, "82.00A82", 8);
	put_text(sector + 2 * 27, "WDC WD40EFRX-68N32N0", 40);
	sector[2 * 82] = sector[2 * 85] = 1;            // it has SMART, and it is on
	sector[2 * 83 + 1] = sector[2 * 87 + 1] = 0x40; // these words are valid
}

static void put_attribute(unsigned char *entry, int id, int raw) {
	entry[0] = id;
	entry[3] = entry[4] = 100; // good, now and at worst
	entry[5] = raw;
}

static void attributes(int fd, unsigned char *sector) {
	char link[32], device[32] = "", path[64];
	int pending = 0, uncorrectable = 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (readlink(link, device, sizeof device - 1) < 0) return;
	snprintf(path, sizeof path, "/sys/disks/%s", device + strlen("/dev/"));
	FILE *f = fopen(path, "r");
	if (f == NULL) return;
	if (fscanf(f, "%d %d", &pending, &uncorrectable) == 2) {
		put_attribute(sector + 2, 197, pending);
		put_attribute(sector + 2 + 12, 198, uncorrectable);
	}
	fclose(f);
}

static void thresholds(unsigned char *sector) {
	sector[2] = 197;
	sector[2 + 12] = 198;
}

int ioctl(int fd, unsigned long request, ...) {
	va_list rest;
	va_start(rest, request);
	unsigned char *command = va_arg(rest, void *), *sector = command + HEAD;
	va_end(rest);
	if (request == HDIO_DRIVE_TASK) return 0; // in good health
	if (request != HDIO_DRIVE_CMD) {
		errno = ENOTTY;
		return -1;
	}
	int code = command[0], feature = command[2], sectors = command[3], sum = 0;
	if (sectors != 1) return 0; // it is switched on
	memset(sector, 0, SECTOR);
	if (code == WIN_IDENTIFY) identify(sector);
	if (code == WIN_SMART && feature == SMART_READ_VALUES) attributes(fd, sector);
	if (code == WIN_SMART && feature == SMART_READ_THRESHOLDS) thresholds(sector);
	for (int i = 0; code == WIN_SMART && i < SECTOR - 1; i++) sum += sector[i];
	sector[SECTOR - 1] = -sum;
	return 0;
}

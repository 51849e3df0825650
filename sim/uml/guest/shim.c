/*
 * What a guest kernel gets from us instead of from libc.
 *
 * A User Mode Linux kernel is a host process. Preloaded into it, this object answers some of its calls:
 *
 * - Randomness. All of the guest's (ports, sequence numbers, BBR's phases, netem's losses) comes from that process's
 *   getrandom(). Here it comes from a stream that depends on nothing but the seed, so that a run can be repeated bit
 *   for bit.
 * - Memory. The guest's is an unnamed file in TMPDIR, which would have to be large, executable, and open to a process
 *   that is walled off from everything else. Here it is a memfd, which has no name and no folder.
 *
 *     WEIR_ENTROPY=00000000000000ff LD_PRELOAD=./shim.so ./linux ...
 *
 * WEIR_ENTROPY is exactly sixteen hexadecimal digits. Without it, or with anything else, the process stops at once:
 * a run that looks repeatable and is not would be worse.
 *
 * Build: cc -O2 -fPIC -shared -o shim.so shim.c
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static uint64_t state;

/*
 * SplitMix64: a counter with a fixed step, then a mix of its bits. The step is one atomic addition, so that threads
 * share the stream without a lock. Statistically sound, and of no cryptographic worth.
 */
static uint64_t next(void)
{
	const uint64_t step = 0x9e3779b97f4a7c15;
	uint64_t z = __atomic_add_fetch(&state, step, __ATOMIC_RELAXED);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Every call begins with a fresh word, whatever the length of the one before. */
static void fill(unsigned char *at, size_t len)
{
	while (len > 0) {
		uint64_t word = next();
		size_t part = len < sizeof(word) ? len : sizeof(word);

		memcpy(at, &word, part);
		at += part;
		len -= part;
	}
}

/* A constructor, so that a bad seed stops the process even if it never asks for a random byte. */
__attribute__((constructor)) static void seed(void)
{
	static const char digits[] = "0123456789abcdef";
	static const char complaint[] =
		"shim.so: WEIR_ENTROPY must hold the seed as sixteen hexadecimal digits (0-9, a-f)\n";
	const char *text = getenv("WEIR_ENTROPY");
	size_t len = text ? strlen(text) : 0;

	if (len == 16 && strspn(text, digits) == len) {
		state = strtoull(text, NULL, 16);
		return;
	}
	if (write(STDERR_FILENO, complaint, sizeof(complaint) - 1) < 0)
		_exit(3);
	_exit(2);
}

/* What libc offers for random bytes. Its own use of them (malloc, stack guards) is internal and stays as it is. */

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	(void)flags;
	fill(buf, len);
	return len;
}

int getentropy(void *buf, size_t len)
{
	if (len > 256) {
		errno = EIO;
		return -1;
	}
	fill(buf, len);
	return 0;
}

uint32_t arc4random(void)
{
	return next() >> 32;
}

void arc4random_buf(void *buf, size_t len)
{
	fill(buf, len);
}

uint32_t arc4random_uniform(uint32_t bound)
{
	/* The high half of a product; its bias, below bound / 2^32, does not matter here. */
	return ((uint64_t)arc4random() * bound) >> 32;
}

/* ---- Memory */

/* Since Linux 6.3 it is said whether a memfd may be executed, and older kernels do not know the word. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static int opened(const char *path, int flags, mode_t mode)
{
	int memory;

	if ((flags & O_TMPFILE) != O_TMPFILE)
		return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	memory = memfd_create("guest", MFD_CLOEXEC | MFD_EXEC);
	return memory < 0 && errno == EINVAL ? memfd_create("guest", MFD_CLOEXEC) : memory;
}

int open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list rest;

	va_start(rest, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode;
	va_list rest;

	va_start(rest, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return opened(path, flags | O_LARGEFILE, mode);
}

/* A disk that refuses to be written, under a running server: loaded before the C library, it answers every change of
 * the folder TEST_FAULTS_IN with the error number that stands in the file TEST_FAULTS, while that is not 0. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static volatile long long *fault;
static const char *folder;

__attribute__((constructor)) static void open_faults(void) {
    const char *path = getenv("TEST_FAULTS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    folder = getenv("TEST_FAULTS_IN");
    if (file < 0 || !folder)
        return;
    void *page = mmap(NULL, sizeof(long long), PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED)
        fault = page;
    close(file);
}

static int refused(const char *path) {
    if (!fault || !*fault || strncmp(path, folder, strlen(folder)) != 0)
        return 0;
    errno = (int)*fault;
    return 1;
}

static int refused_fd(int file) {
    char link[64], path[PATH_MAX];
    if (!fault || !*fault)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return refused(path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define BY_FD(type, name, params, ...)                                                                                 \
    type name params { return refused_fd(file) ? -1 : NEXT(name)(__VA_ARGS__); }
#define BY_PATH(name, params, ...)                                                                                     \
    int name params { return refused(path) ? -1 : NEXT(name)(__VA_ARGS__); }

BY_FD(ssize_t, write, (int file, const void *bytes, size_t count), file, bytes, count)
BY_FD(ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t at), file, bytes, count, at)
BY_FD(ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t at), file, bytes, count, at)
BY_FD(int, ftruncate, (int file, off_t length), file, length)
BY_FD(int, ftruncate64, (int file, off64_t length), file, length)
BY_FD(int, fsync, (int file), file)
BY_FD(int, fdatasync, (int file), file)
BY_FD(int, unlinkat, (int file, const char *path, int flags), file, path, flags)
BY_PATH(mkdir, (const char *path, mode_t mode), path, mode)
BY_PATH(rmdir, (const char *path), path)
BY_PATH(unlink, (const char *path), path)
BY_PATH(chmod, (const char *path, mode_t mode), path, mode)
BY_PATH(rename, (const char *path, const char *to), path, to)

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                        \
        va_end(rest);                                                                                                  \
        int changes = (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;                                              \
        return changes && refused(path) ? -1 : NEXT(name)(path, flags, mode);                                          \
    }
OPEN(open)
OPEN(open64)

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lock is the right to write to the database beside it. It belongs to the
// process, and ends with it however it ends; the file stays.
type lock struct{ file *os.File }

// Someone who only asks for the holder has the lock for a moment: that is
// waited out.
const (
	lockTries = 10
	lockPause = 20 * time.Millisecond
)

func lockPath(path string) string { return path + ".lock" }

// acquire takes the lock of the database at path, or returns ErrLocked.
func acquire(ctx context.Context, path string) (*lock, error) {
	f, err := os.OpenFile(lockPath(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock store %s: %w", path, err)
	}
	if err := acquireFile(ctx, f, path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lock{f}, nil
}

func acquireFile(ctx context.Context, f *os.File, path string) error {
	for try := 1; ; try++ {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("lock store %s: %w", path, err)
		}
		if try == lockTries {
			return lockedBy(path, pid(f))
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return fmt.Errorf("lock store %s: %w", path, ctx.Err())
		}
	}
	if err := giveTo(f, path); err != nil {
		return fmt.Errorf("lock store %s: %w", path, err)
	}
	if err := writePid(f); err != nil {
		return fmt.Errorf("lock store %s: %w", path, err)
	}
	return nil
}

func lockedBy(path string, pid int) error {
	who := "another process"
	if pid != 0 {
		who = fmt.Sprintf("process %d", pid)
	}
	return fmt.Errorf("store %s is held by %s: stop that one first, or give this one a store of its own: %w", path, who, ErrLocked)
}

func (l *lock) release() error {
	// An empty file tells a reader that nobody holds it.
	err := l.file.Truncate(0)
	return errors.Join(err, l.file.Close())
}

// Holder returns the id of the process that has the store open for writing,
// and 0 where none has. It changes nothing.
func Holder(cfg Config) (int, error) {
	path, err := databasePath(cfg.URL)
	if err != nil {
		return 0, err
	}
	f, err := os.Open(lockPath(path))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the lock of store %s: %w", path, err)
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	switch {
	case err == nil:
		return 0, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return pid(f), nil
	}
	return 0, fmt.Errorf("look at the lock of store %s: %w", path, err)
}

func writePid(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// pid returns the process id in a lock file, or 0.
func pid(f *os.File) int {
	var buf [20]byte
	n, _ := f.ReadAt(buf[:], 0)
	id, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		return 0
	}
	return id
}

// giveTo gives a file that root made to the owner of the file at path, so that
// a command run by root does not shut the service out.
func giveTo(f *os.File, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || os.Geteuid() != 0 {
		return nil
	}
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}

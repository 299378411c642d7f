//go:build harness

package fault

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	crash, nth = crashPoint(os.Getenv("WHERRY_CRASH"))
	broken     = os.Getenv("WHERRY_BROKEN")
	passed     atomic.Int64
)

func crashPoint(s string) (string, int64) {
	point, count, _ := strings.Cut(s, ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		n = 1
	}
	return point, n
}

// At passes a point.
func At(point string) {
	if point == crash && passed.Add(1) == nth {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing more is done
	}
}

// Broken tells whether a fault is put in.
func Broken(fault string) bool { return fault == broken }

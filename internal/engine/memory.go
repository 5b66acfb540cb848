package engine

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// memoryBudget is the default bound on state: three quarters of what the
// machine or the control group allows; 0, no bound, where neither can be told.
var memoryBudget = sync.OnceValue(func() int64 {
	limit := int64(0)
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil {
			limit = n
		}
	}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if total := memTotal(string(b)); total > 0 && (limit == 0 || total < limit) {
			limit = total
		}
	}
	return limit / 4 * 3
})

// memTotal reads the first line of /proc/meminfo, in bytes.
func memTotal(s string) int64 {
	f := strings.Fields(s)
	if len(f) < 3 || f[0] != "MemTotal:" {
		return 0
	}
	kb, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

package engine

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
)

// memory is the budget of a job, in bytes.
func (s *Session) memory() int64 {
	for _, key := range []string{"taskmanager.memory.process.size", "taskmanager.memory.flink.size", "taskmanager.memory.managed.size"} {
		if n, err := connector.ParseMemory(s.Option(key)); err == nil && n > 0 {
			return n
		}
	}
	return memoryBudget()
}

// spillDirs is where what is more goes. Flink takes commas, bars and the
// system's own separator of paths.
func (s *Session) spillDirs() []string {
	return strings.FieldsFunc(s.Option("io.tmp.dirs"), func(r rune) bool { return r == ',' || r == '|' || r == os.PathListSeparator })
}

// memoryBudget is the default bound on state: three quarters of what the
// machine or the control group allows; 0, no bound, where neither can be told.
var memoryBudget = sync.OnceValue(func() int64 {
	limit := int64(0)
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := os.ReadFile(path); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && (limit == 0 || n < limit) {
				limit = n
			}
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

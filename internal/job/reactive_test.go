package job

import (
	"testing"
	"time"
)

// TestCoresAreFollowedOnceTheyRest: a number of cores counts when it has stayed for a
// while, and not too soon after the last that did.
func TestCoresAreFollowedOnceTheyRest(t *testing.T) {
	n, has := 2, 2
	c := &cores{Reactive: Reactive{Cores: func() int { return n }, Stable: 10 * time.Second, Cooldown: 30 * time.Second}, most: 8}
	for _, x := range []struct {
		second, cores, shall int
	}{
		{0, 2, 2},
		{1, 4, 2},
		{5, 3, 2}, // another: from the beginning
		{12, 3, 2},
		{14, 2, 2}, // back
		{15, 4, 2},
		{25, 4, 4},
		{26, 1, 4},
		{40, 1, 4}, // too soon
		{55, 1, 1},
		{56, 100, 1},
		{90, 100, 8}, // pipeline.max-parallelism
		{130, 0, 8},
		{141, 0, 1},
	} {
		n = x.cores
		if shall, change := c.look(time.Unix(int64(1000+x.second), 0), has); shall != x.shall || change != (shall != has) {
			t.Fatalf("after %d s with %d cores: %d subtasks, not %d", x.second, x.cores, shall, x.shall)
		}
		has = x.shall
	}
}

package engine_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/weir-stream/weir/internal/vfs"
)

// TestDamageFoundLate: a job that starts again beside images that are damaged goes on
// until it needs one of them, and then ends with its file in the error and is not started
// again; what it has shown by then is right. A rescaling, which needs all of them, is
// refused with that error, and the job goes on as it was. When the files are whole again
// the job shows all rows, each once.
func TestDamageFoundLate(t *testing.T) {
	late := []string{"weir.state.replay-time=0 ms", "weir.batch-rows=1"}
	for _, rescale := range []bool{false, true} {
		s := newSupervised(t)
		s.segment = 8
		var told <-chan error
		begun, went := -1, 0
		s.at = func(step int) {
			switch {
			case step == 400:
				s.disk.Inject(vfs.Fault{Op: vfs.OpSync, Path: "*.wlog", Err: syscall.EIO, Times: 1, Pause: func() { s.damage("/state/job/base/*.wimg") }})
			case s.job != nil && s.job.Restarts() > 0:
				if went = int(s.job.Totals().Epochs); begun < 0 {
					if begun = went; rescale {
						told, _ = s.job.RescaleSoon(3)
					}
				}
			}
		}
		named := func(err error) bool { return err != nil && strings.Contains(err.Error(), ".wimg is damaged at byte") }
		if err := s.run(late...); !named(err) {
			t.Fatalf("images were damaged, and the job ended with %v", err)
		}
		if n := s.job.Restarts(); n != 1 || went == begun {
			t.Errorf("it was started again %d times, and had %d epochs after the first", n, went-begun)
		}
		if told != nil {
			select {
			case err := <-told:
				if !named(err) {
					t.Errorf("who asked for a rescaling was told %v", err)
				}
			default:
				t.Error("who asked for a rescaling was told nothing")
			}
		}
		if n := s.rows(); n == 0 || n == all {
			t.Errorf("%d rows are shown", n)
		}
		s.at = nil
		for try := 0; try < 3; try++ {
			if err := s.run(late...); !named(err) {
				t.Fatalf("the next process was told %v", err)
			}
		}
		s.damage("")
		if err := s.run(late...); err != nil {
			t.Fatal(err)
		}
		s.complete()
	}
}

package sim

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/weir-stream/weir/internal/snapshot"
)

// Outcome is what a run met on its way.
type Outcome struct {
	Pipeline string
	Trace    uint64 // of all calls of the disk

	Lives, Kills, Resumed int // processes, those killed at a step, and how often one went on from an epoch
	Epochs                int // durable ones
	PowerCuts, Torn       int // and those that left parts of what was not synced

	Faults                                   int // calls of the disk that were struck, among them:
	FailedSyncs, FailedWrites, FailedRenames int

	Stores, StoreFaults int // runs with state in an object store, and its calls that were struck

	Zombies           int // processes that stood still while another took over
	Rescales          int
	Inherited         int // those whose state came from memory
	Savepoints, Stops int // and jobs that were stopped before
	Forks             int // copies of the machine that went on from a savepoint
	Moves, Claims     int // jobs that went on from one elsewhere, and owned it
	Based             int // lives that left a base
	HalfBases         int // lives that left images of a base that was not finished
	Kept              int // lives that left a base with images of the one before
	EditedMoves       int // jobs that went on from a savepoint with an edited script
	Edits, Columns    int // lives that began with an edited script, and where nothing but columns had changed

	Expired         int // runs in which groups expired
	Spilled         int // lives whose state did not fit into memory
	ShortQueues     int // runs whose queues are as short as can be
	Overtaken, Held int // subtasks at whose markers rows were overtaken, and groups waited for room

	asked int
}

// Add adds the counts of another run.
func (o *Outcome) Add(p Outcome) {
	to, from := reflect.ValueOf(o).Elem(), reflect.ValueOf(p)
	for i := range to.NumField() {
		if to.Field(i).CanSet() && to.Field(i).CanInt() {
			to.Field(i).SetInt(to.Field(i).Int() + from.Field(i).Int())
		}
	}
}

// String lists the counts.
func (o Outcome) String() string {
	var parts []string
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && v.Field(i).CanInt() {
			parts = append(parts, fmt.Sprintf("%s %d", f.Name, v.Field(i).Int()))
		}
	}
	return strings.Join(parts, ", ")
}

// Lacks names what happened less often than least.
func (o Outcome) Lacks(least int64) (names []string) {
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && v.Field(i).CanInt() && v.Field(i).Int() < least {
			names = append(names, f.Name)
		}
	}
	return names
}

// inspect looks at what a life left in a state directory. Damage is told by the next
// life.
func (o *Outcome) inspect(info *snapshot.Info) {
	if !info.Base.None() {
		o.Based++
	}
	for _, f := range info.Files {
		if f.For == snapshot.BothBases {
			o.Kept++
			break
		}
	}
	for _, f := range info.Files {
		if f.For == "" && path.Dir(f.Path) == "base" && strings.HasSuffix(f.Path, ".wimg") {
			o.HalfBases++
			return
		}
	}
}

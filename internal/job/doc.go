// Package job is one job's life beyond one run of its graph: it goes on from the
// last durable epoch of its directory, starts again after a passing fault, runs on
// with another number of subtasks, and writes savepoints.
//
//	New: snapshot.Open → Restore → flow.New
//	Run: flow.Run ─fault→ wait (Strategy) → snapshot.Open → flow.New …
//	          └─Rescale→ flow.Stop at an epoch → flow.New with other subtasks …
package job

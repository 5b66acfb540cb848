// Package objectfs makes object stores look like file systems to what keeps state:
// logs that are appended and synced, files that are written once and then read.
//
// # Logs
//
// The files with the suffix .wlog of a folder are one log, and the folder is kept
// as one sequence of objects, number after number without a gap. Whatever a Sync
// makes durable, and every file that is created, is put as the next object under
// the condition that there is none yet. So a Sync is one conditional put, and
// that is the fence too: of two processes that both believe to own the log only one
// has the next number. The other's puts fail from then on, without a list and
// without a look at anything else. Files are created in order of their names.
//
// The number of a writer's first object stays taken when the file is removed: the
// writer before it, if it slept long enough, would otherwise find its next number
// free again.
// An object "head" tells a number that was reached, for stores whose lists lag.
//
// # Other files
//
// They are put when they are synced, at once or in parts; nothing of them is there
// before, and they cannot be written again afterwards. What is never synced leaves
// nothing. Removing a file that is open takes effect when it is closed.
package objectfs

// Package snapshot keeps what a job must find again after it was killed: the
// epoch log, the base images that let the log be cut, and savepoints. It knows
// bytes only; what is in a block is the state tables' business.
//
// # Why a log
//
// A checkpoint that writes state costs what exists. Here a durable epoch is one
// framed, checksummed append of what changed, with one sync, and nothing else
// has to be durable for the epoch to be: the source positions, the watermarks,
// the handles of the sinks and the reference to the base all lie in the frame.
// Bases are written apart, in the background, and count from the next frame on,
// which names them.
//
// # Files
//
//	DIR/lock, owner                       who uses the directory
//	DIR/log/log-GENERATION-NUMBER.wlog    frames; every file begins with a manifest
//	DIR/log/log-GENERATION-NUMBER.ack     how far the file is known to be durable
//	DIR/base/index-GENERATION-NUMBER.widx which images make up a base
//	DIR/base/image-GENERATION-NUMBER.wimg images, one after another
//	DIR/savepoint                         only in savepoints: what it was made of
//
// Every file begins with a magic, the format version and their checksum: these
// 16 bytes stay as they are in every version, so that an older program can say
// that a file is newer than itself.
//
// # What counts
//
// Whoever opens a directory takes the next generation: it creates the first log
// file of that generation exclusively, and only then reads the older ones,
// makes what it found of them durable, and seals each at that length in the
// manifest of its own file. A writer of an older generation that is still alive
// looks for newer files after each sync and before it reports success. So a frame
// counts if it lies below the seal, and success was reported for it only if it
// does: had the newer file been there at the look, the writer would have failed;
// had it not, the frame was there to be read and sealed.
//
// The manifest of the newest file is the authority. Frames after it continue it.
// A record that is cut or damaged ends the log where nothing valid follows it:
// so does a process that is killed while it writes. The .ack file, which is
// written after each sync and never synced itself, tells this from a file that
// lost bytes that were durable; that is damage, and never passed over silently.
//
// A sync that fails says nothing about what of the file is durable, and neither does
// another one that succeeds, while all of it can be read until the power goes. Only
// the last frame of a writer can be in doubt, since it appends none before the sync
// of the one before has succeeded. So where the .ack file does not tell that the last
// frame is durable, the next generation carries it: it copies the frame into its
// manifest, which is valid with all of it or not at all, and seals the older file
// before it.
//
// In an object store (vfs/objectfs) the file system itself fences: syncing a log is
// one conditional put, which fails once another writer has put anything.
package snapshot

package snapshot

import (
	"fmt"
	"strings"
	"testing"
)

// logFile is a log file of a generation that continues an epoch and holds frames
// of some more, each of 10 bytes after a manifest that ends at 100.
func logFile(gen uint64, last uint64, epochs ...uint64) *LogFile {
	f := &LogFile{Name: Name{gen, 0}, Path: logFiles.file(Name{gen, 0}), Version: Version, End: 100,
		Manifest: &Manifest{Domain: "job", Name: Name{gen, 0}, Last: last, end: 100}}
	for _, e := range epochs {
		f.Frames = append(f.Frames, FrameAt{Offset: f.End, End: f.End + 10, Epoch: e, Prev: last})
		f.End, last = f.End+10, e
	}
	f.Size = f.End
	return f
}

func (f *LogFile) seals(files ...*LogFile) *LogFile {
	for _, g := range files {
		s := Seal{Name: g.Name, Length: g.End, Last: g.Manifest.Last}
		if n := len(g.Frames); n > 0 {
			s.Last = g.Frames[n-1].Epoch
		}
		f.Manifest.Seals = append(f.Manifest.Seals, s)
	}
	return f
}

// with changes a file.
func (f *LogFile) with(change func(f *LogFile)) *LogFile { change(f); return f }

// says sets what all records of a file say.
func (f *LogFile) says(s standing) *LogFile {
	f.Manifest.standing = s
	for i := range f.Frames {
		f.Frames[i].standing = s
	}
	return f
}

func torn(gen uint64) *LogFile {
	return &LogFile{Name: Name{gen, 0}, Path: logFiles.file(Name{gen, 0}), Version: Version, Tail: TailTorn, Size: 7}
}

func TestDecide(t *testing.T) {
	base := func(n, least uint64) BaseRef { return BaseRef{Name: Name{1, n}, Least: least, Size: 5, Sum: 9} }
	have := func(n uint64) IndexFile {
		return IndexFile{Name: Name{1, n}, Path: indexFiles.file(Name{1, n}), Size: 5, Sum: 9, Version: Version, Whole: true}
	}
	one := logFile(1, 0, 1, 2, 3)
	based := standing{Committed: 6, Base: base(2, 5), Prev: base(1, 3)}
	cases := []struct {
		name     string
		files    []*LogFile
		indexes  []IndexFile
		fallBack bool
		want     string
	}{
		{name: "an empty directory", want: "nothing, after generation 0"},
		{name: "a writer died before its manifest", files: []*LogFile{torn(1)}, want: "nothing, after generation 1"},
		{name: "no epoch yet", files: []*LogFile{logFile(1, 0)}, want: "nothing, after generation 1"},
		{name: "three epochs", files: []*LogFile{one}, want: "epoch 3, after generation 1, frames 1 2 3"},
		{name: "the job has ended", files: []*LogFile{logFile(1, 0, 1).with(func(f *LogFile) { f.Frames[0].Final = true })}, want: "finished epoch 1, after generation 1, frames 1"},
		{name: "a torn tail", files: []*LogFile{logFile(1, 0, 1, 2).with(func(f *LogFile) { f.Tail = TailTorn })}, want: "epoch 2, after generation 1, frames 1 2"},
		{name: "a tail that was durable", files: []*LogFile{logFile(1, 0, 1, 2).with(func(f *LogFile) { f.Ack = &Ack{3, 130} })},
			want: "log-0000000001-000000.wlog is damaged at byte 120: it was durable up to byte 130, epoch 3"},
		{name: "a tail that was durable, by agreement", files: []*LogFile{logFile(1, 0, 1, 2).with(func(f *LogFile) { f.Ack = &Ack{3, 130} })}, fallBack: true,
			want: "epoch 2, after generation 1, frames 1 2, 1 warnings"},
		{name: "an ack that a newer generation has decided over", files: []*LogFile{logFile(1, 0, 1, 2).with(func(f *LogFile) { f.Ack = &Ack{3, 130} }), logFile(2, 2).seals(logFile(1, 0, 1, 2))},
			want: "epoch 2, after generation 2, frames 1 2"},
		{name: "damage in the middle", files: []*LogFile{logFile(1, 0, 1).with(func(f *LogFile) { f.Tail, f.After, f.AfterK = TailFollowed, 140, 1 })},
			want: "damaged at byte 110: a valid frame follows at byte 140 (restore the file from a copy, or start from a savepoint, or set " + FallBackOption},
		{name: "damage in the middle, by agreement", fallBack: true, files: []*LogFile{logFile(1, 0, 1).with(func(f *LogFile) { f.Tail, f.After, f.AfterK = TailFollowed, 140, 1 })},
			want: "epoch 1, after generation 1, frames 1, 1 warnings"},
		{name: "damage below what sinks have", fallBack: true, files: []*LogFile{logFile(1, 0, 1).with(func(f *LogFile) { f.Tail, f.After, f.AfterK = TailFollowed, 140, 2 })},
			want: "sinks have committed epoch 2, and what is left ends with epoch 1"},
		{name: "a zombie wrote on", files: []*LogFile{logFile(1, 0, 1, 2, 3, 4, 5), logFile(2, 3).seals(one)}, want: "epoch 3, after generation 2, frames 1 2 3"},
		{name: "a zombie wrote on and another followed", files: []*LogFile{logFile(1, 0, 1, 2, 3, 4, 5), logFile(2, 3, 4).seals(one)}, want: "epoch 4, after generation 2, frames 1 2 3 4"},
		{name: "a zombie's new file", files: []*LogFile{logFile(1, 0, 1, 2, 3), logFile(2, 3, 4).seals(one), logFile(1, 3, 9).with(func(f *LogFile) { f.Name.Number = 1 })}, want: "epoch 4, after generation 2, frames 1 2 3 4"},
		{name: "the next writer died before its manifest", files: []*LogFile{one, torn(2)}, want: "epoch 3, after generation 2, frames 1 2 3"},
		{name: "a manifest was damaged after frames followed it", files: []*LogFile{one, torn(2).with(func(f *LogFile) { f.Tail, f.After = TailFollowed, 99 })}, want: "its beginning cannot be read and a valid frame follows at byte 99"},
		{name: "a sealed file is short", files: []*LogFile{logFile(1, 0, 1, 2), logFile(2, 3, 4).seals(one)}, want: "log-0000000001-000000.wlog is damaged at byte 120: 130 bytes of it count"},
		{name: "a sealed file is gone", files: []*LogFile{logFile(2, 3, 4).seals(one)}, want: "log-0000000001-000000.wlog is damaged at byte 0: it is missing"},
		{name: "a base, and the log from it on", files: []*LogFile{logFile(2, 4, 5, 6, 7).says(based).seals(one)}, indexes: []IndexFile{have(1), have(2)}, want: "epoch 7, after generation 2, base 2, frames 5 6 7"},
		{name: "damage after what has gone, by agreement", fallBack: true, indexes: []IndexFile{have(2)},
			files: []*LogFile{torn(2), logFile(3, 6, 7).says(standing{Committed: 6, Base: base(2, 3)}).seals(one, logFile(2, 3, 4, 5, 6))}, want: "log-0000000002-000000.wlog is damaged at byte 0: its beginning cannot be read"},
		{name: "a base that cannot be read", files: []*LogFile{logFile(2, 3, 4, 5, 6, 7).says(based).seals(one)}, indexes: []IndexFile{have(1)}, want: "epoch 7, after generation 2, base 1, frames 4 5 6 7, 1 warnings"},
		{name: "bases that cannot be read", files: []*LogFile{logFile(2, 3, 4, 5, 6, 7).says(based).seals(one)}, want: "index-0000000001-000002.widx is damaged at byte 0: it is missing"},
		{name: "another base of that name", files: []*LogFile{logFile(2, 3, 4, 5, 6, 7).says(standing{Committed: 6, Base: BaseRef{Name{1, 2}, 5, 5, 8}})}, indexes: []IndexFile{have(2)}, want: "its checksum is not that of the 5 bytes that were written"},
		{name: "images without a log", indexes: []IndexFile{have(1)}, want: "it is part of a state whose log is missing"},
		{name: "another job", files: []*LogFile{logFile(1, 0, 1).with(func(f *LogFile) { f.Manifest.Domain = "other" })}, want: `holds the state of job "other", not of "job"`},
		{name: "a newer format", files: []*LogFile{logFile(1, 0, 1), torn(2).with(func(f *LogFile) { f.Version = Version + 1 })}, want: fmt.Sprintf("has format version %d and this program reads up to %d", Version+1, Version)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d, err := Decide(Listing{Domain: "job", Files: c.files, Indexes: c.indexes, FallBack: c.fallBack})
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = d.words()
			}
			if err == nil && got != c.want || !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// words says what was decided.
func (d *Decision) words() string {
	s := map[Outcome]string{Nothing: "nothing", Resume: "epoch %d", Finished: "finished epoch %d"}[d.Outcome]
	if d.Outcome != Nothing {
		s = fmt.Sprintf(s, d.Epoch)
	}
	s += fmt.Sprintf(", after generation %d", d.Generation)
	if !d.From.None() {
		s += fmt.Sprintf(", base %d", d.From.Name.Number)
	}
	first := true
	for _, p := range d.Spans {
		for _, f := range p.Frames {
			if first {
				s += ", frames"
			}
			first = false
			s += fmt.Sprintf(" %d", f.Epoch)
		}
	}
	if n := len(d.Warnings); n > 0 {
		s += fmt.Sprintf(", %d warnings", n)
	}
	return s
}

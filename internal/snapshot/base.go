package snapshot

type Base struct{}
type ready struct{}

func (l *Log) naming(st *standing, epoch uint64) bool { return false }
func (l *Log) named(st standing)                      {}
func (l *Log) collect()                               {}

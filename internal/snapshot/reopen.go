package snapshot

// Reopen lets epochs follow the one that was final: the job has more to do than it had
// when it ended. Until the first of them is durable the log is that of a job that has
// finished.
func (l *Log) Reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finished = false
}

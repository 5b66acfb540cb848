// Package capture reads streams of changes that real tools have captured of real
// databases, and folds them to the tables as the databases themselves tell them.
// README.md says how they were captured, and how to do it again.
package capture

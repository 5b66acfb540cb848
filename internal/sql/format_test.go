package sql

import "testing"

func checkFormat(t testing.TB, s *Script, want string) {}

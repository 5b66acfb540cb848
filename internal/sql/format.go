package sql

func Format(src string) (string, error) { return src, nil }

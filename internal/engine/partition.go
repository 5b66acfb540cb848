package engine

import (
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// showPartitions lists the partitions of a table.
func (s *Session) showPartitions(st *sql.Show) ([]string, [][]string, error) {
	o, err := s.find("table", *st.Name)
	if err != nil {
		return nil, nil, err
	}
	return nil, nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "SHOW PARTITIONS of `%s` is not supported", o.FullName().Name)
}

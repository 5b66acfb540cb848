package job

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"io"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// schemas are those of the tables of operators, in order of the graph. Every epoch has
// them: the log before it may be gone. They are packed, since there are many and they
// say much the same.
type schemas []flow.Schema

func (s schemas) pack() ([]byte, error) {
	if len(s) == 0 {
		return nil, nil
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(data)
		err = errors.Join(err, w.Close())
	}
	return b.Bytes(), err
}

// unpackSchemas reads what pack wrote; nil if an epoch has none, which was written by
// an earlier release.
func unpackSchemas(data []byte) (schemas, error) {
	if len(data) == 0 {
		return nil, nil
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	var s schemas
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Data, Msg: "what a checkpoint says of its tables is damaged", Err: err}
	}
	return s, nil
}

package kafka

import "github.com/weir-stream/weir/internal/connector"

// Abandon is what becomes of a writer's ids when its process dies.
func Abandon(w connector.Writer) { w.(*writer).unclaim() }

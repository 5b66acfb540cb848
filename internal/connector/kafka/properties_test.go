package kafka

import "testing"

// TestPropertiesAreDocumented: a property that does something says what.
func TestPropertiesAreDocumented(t *testing.T) {
	for k := range propertyDocs {
		if known[k] == nil {
			t.Errorf("%s is documented and not understood", k)
		}
	}
	for k, set := range known {
		var p properties
		_ = set(&p, "1")
		if propertyDocs[k].Doc == "" && (len(p.common)+len(p.produce) > 0 || p.fetch != (fetching{}) || len(p.seeds) > 0) {
			t.Errorf("%s is not documented", k)
		}
	}
}

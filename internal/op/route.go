package op

// Route gives state.TableSpec.Route for a table whose key consists, from place at
// on, of columns cols of input in: the places of the columns that rows are spread
// by. It is nil where that is the whole key.
func (c *Context) Route(in int, cols []int, at int) []int {
	spread := cols
	if in < len(c.Spread) && c.Spread[in] != nil {
		spread = c.Spread[in]
	}
	out, whole := make([]int, 0, len(spread)), at == 0 && len(spread) == len(cols)
	for i, s := range spread {
		p := -1
		for j, k := range cols {
			if k == s {
				p = j
				break
			}
		}
		if p < 0 { // spread by what the key does not tell
			return nil
		}
		whole = whole && p == i
		out = append(out, at+p)
	}
	if whole {
		return nil
	}
	return out
}

package fn

import (
	"strings"
	"testing"
)

// TestCaseOfEachLengthAndByte compares words of eight bytes with the standard
// library, at each place of each ASCII byte.
func TestCaseOfEachLengthAndByte(t *testing.T) {
	up, low := lettersFrom('a', 'z'), lettersFrom('A', 'Z')
	for n := 1; n <= 17; n++ {
		for at := range n {
			for c := range 128 {
				s := strings.Repeat("-", at) + string(rune(c)) + strings.Repeat("-", n-at-1)
				for _, f := range []struct {
					l    letters
					want string
				}{{up, strings.ToUpper(s)}, {low, strings.ToLower(s)}} {
					got, diff, all := f.l.appendSwapped([]byte("x"), s)
					if string(got) != "x"+f.want || (diff != 0) != (s != f.want) || all&highBits != 0 {
						t.Fatalf("%q gave %q, changed %x, want %q", s, got, diff, f.want)
					}
				}
			}
		}
	}
	if _, _, all := up.appendSwapped(nil, "-------é"); all&highBits == 0 {
		t.Error("é was taken for ASCII")
	}
}

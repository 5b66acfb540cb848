package sqltest

import "strings"

// Diff shows how two lists of lines differ: lines of want that are missing with
// "-", lines of got that are not wanted with "+", the others with two blanks.
// Runs of equal lines are cut to those beside a difference.
func Diff(want, got []string) string {
	// common[i][j] is the length of the longest common part of want[i:] and got[j:].
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i] == got[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var lines []string
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			lines = append(lines, "    "+want[i])
			i++
			j++
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			lines = append(lines, "  - "+want[i])
			i++
		default:
			lines = append(lines, "  + "+got[j])
			j++
		}
	}
	return strings.Join(nearDifferences(lines), "\n")
}

// nearDifferences leaves out equal lines that are far from a difference.
func nearDifferences(lines []string) []string {
	const near = 3
	var out []string
	for i, l := range lines {
		keep := false
		for k := max(0, i-near); k < min(len(lines), i+near+1); k++ {
			keep = keep || lines[k][2] != ' '
		}
		switch {
		case keep:
			out = append(out, l)
		case len(out) > 0 && out[len(out)-1] != "    ...":
			out = append(out, "    ...")
		}
	}
	return out
}

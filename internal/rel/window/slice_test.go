package window

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

func TestWindows(t *testing.T) {
	for _, c := range []struct {
		w    plan.Window
		t    int64
		want string
	}{
		{plan.Window{Kind: plan.Tumble, SizeMs: 10}, 13, "10-20"},
		{plan.Window{Kind: plan.Tumble, SizeMs: 10}, -1, "-10-0"},
		{plan.Window{Kind: plan.Tumble, SizeMs: 10, OffsetMs: 3}, 2, "-7-3"},
		{plan.Window{Kind: plan.Tumble, SizeMs: 10, OffsetMs: -3}, 7, "7-17"},
		{plan.Window{Kind: plan.Hop, SizeMs: 10, SlideMs: 5}, 13, "5-15 10-20"},
		{plan.Window{Kind: plan.Hop, SizeMs: 10, SlideMs: 4}, 13, "4-14 8-18 12-22"},
		{plan.Window{Kind: plan.Hop, SizeMs: 10, SlideMs: 4}, 11, "4-14 8-18"},
		{plan.Window{Kind: plan.Hop, SizeMs: 10, SlideMs: 4, OffsetMs: 1}, 13, "5-15 9-19 13-23"},
		{plan.Window{Kind: plan.Hop, SizeMs: 10, SlideMs: 5}, -7, "-15--5 -10-0"},
		{plan.Window{Kind: plan.Hop, SizeMs: 5, SlideMs: 10}, 7, ""},
		{plan.Window{Kind: plan.Hop, SizeMs: 5, SlideMs: 10}, 12, "10-15"},
		{plan.Window{Kind: plan.Cumulate, SizeMs: 10, SlideMs: 5}, 3, "0-5 0-10"},
		{plan.Window{Kind: plan.Cumulate, SizeMs: 15, SlideMs: 5}, 22, "15-25 15-30"},
		{plan.Window{Kind: plan.Cumulate, SizeMs: 15, SlideMs: 5, OffsetMs: 1}, 0, "-14-1"},
	} {
		s := slicingOf(c.w)
		var got []string
		s.windows(c.t, func(a, b int64) { got = append(got, fmt.Sprintf("%d-%d", a, b)) })
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s size %d slide %d offset %d at %d: %s, want %s", c.w.Kind, c.w.SizeMs, c.w.SlideMs, c.w.OffsetMs, c.t, g, c.want)
		}
	}
}

// Clocks in Berlin went back from 3:00 to 2:00 on 2025-10-26: a window that ends
// at 2:30 is complete the second time only.
func TestDueWhenClocksGoBack(t *testing.T) {
	z, err := types.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2025, 10, 26, 2, 30, 0, 0, time.UTC).UnixMilli()
	want := time.Date(2025, 10, 26, 1, 30, 0, 0, time.UTC).UnixMilli() - 1
	if got := (clockOf{z}).due(end); got != want {
		t.Errorf("due at %v, want %v", time.UnixMilli(got).UTC(), time.UnixMilli(want).UTC())
	}
}

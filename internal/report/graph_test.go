package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDrawing(t *testing.T) {
	t.Parallel()
	d := draw([]Layer{
		{Name: "a"}, {Name: "b", Upstream: []string{"a"}}, {Name: "c", Upstream: []string{"a", "b", "gone"}}, {Name: "d", Upstream: []string{"a", "c"}}, {Name: "alone"}, {Name: "e", Upstream: []string{"alone", "d"}},
	}, func(string) (State, string) { return untouched(), "" })
	at := map[string][2]int{}
	for _, n := range d.Nodes {
		at[n.Name] = [2]int{n.X, n.Y}
		if n.X < 0 || n.Y < 0 || n.X+n.W > d.Width || n.Y+n.H > d.Height {
			t.Errorf("%s is drawn outside", n.Name)
		}
	}
	// Each is right of all that it stands on.
	for _, pair := range [][2]string{{"a", "b"}, {"b", "c"}, {"c", "d"}, {"d", "e"}, {"alone", "e"}} {
		if at[pair[0]][0] >= at[pair[1]][0] {
			t.Errorf("%s is not left of %s", pair[0], pair[1])
		}
	}
	// a → c and a → d are told by the ways over b and c; the long line of alone passes three columns.
	if len(d.Edges) != 5 {
		t.Errorf("%d lines", len(d.Edges))
	}
	var passes []int
	for _, e := range d.Edges {
		passes = append(passes, strings.Count(e.Path, "H"))
	}
	if diff := cmp.Diff([]int{0, 0, 0, 3, 0}, passes); diff != "" {
		t.Errorf("columns passed by each line (-want +got):\n%s", diff)
	}
	if !strings.Contains(d.Words, "e: not touched, stands on alone, d.") {
		t.Errorf("in words: %s", d.Words)
	}
	if draw(nil, nil) != nil {
		t.Error("nothing is drawn")
	}
}

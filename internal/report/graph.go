package report

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// drawing is the graph of the layers as it is drawn: columns from what stands on
// nothing to what stands on all the others.
type drawing struct {
	Width, Height int
	Nodes         []node
	Edges         []edge
	Words         string // the same for who does not see it
}

type node struct {
	X, Y, W, H int
	Name       string
	Note       string
	State      State
	TextX      int
	NameY      int
	NoteY      int
}

type edge struct {
	Path  string
	Class string
}

const (
	nodeWidth  = 138
	nodeHeight = 46
	columnGap  = 26
	rowGap     = 18
	margin     = 8
)

// draw lays the layers out. of says how each stands; a note goes below its name.
func draw(layers []Layer, of func(name string) (State, string)) *drawing {
	if len(layers) == 0 {
		return nil
	}
	upstream := direct(layers)
	columns := columnsOf(layers, upstream)
	d := &drawing{}
	places := map[string]node{}
	tallest := 0
	for _, column := range columns {
		tallest = max(tallest, len(column))
	}
	d.Width = 2*margin + len(columns)*nodeWidth + (len(columns)-1)*columnGap
	d.Height = 2*margin + tallest*nodeHeight + (tallest-1)*rowGap
	var words []string
	for c, column := range columns {
		top := (d.Height - len(column)*nodeHeight - (len(column)-1)*rowGap) / 2
		for r, name := range column {
			status, note := of(name)
			n := node{X: margin + c*(nodeWidth+columnGap), Y: top + r*(nodeHeight+rowGap), W: nodeWidth, H: nodeHeight, Name: shorten(say(name, maxName), 12), Note: shorten(note, 18), State: status}
			n.TextX, n.NameY, n.NoteY = n.X+9, n.Y+20, n.Y+36
			places[name] = n
			d.Nodes = append(d.Nodes, n)
			on := "stands on no other"
			if len(upstream[name]) > 0 {
				on = "stands on " + say(strings.Join(upstream[name], ", "), maxAddress)
			}
			words = append(words, fmt.Sprintf("%s: %s, %s.", say(name, maxName), status.Name, on))
		}
	}
	for _, layer := range layers {
		to := places[layer.Name]
		for _, name := range upstream[layer.Name] {
			from := places[name]
			x1, y1, x2, y2 := from.X+nodeWidth, from.Y+nodeHeight/2, to.X, to.Y+nodeHeight/2
			bend := (x2 - x1) / 2
			d.Edges = append(d.Edges, edge{Path: fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2, y2), Class: to.State.Class})
		}
	}
	d.Words = strings.Join(words, " ")
	return d
}

// direct gives the upstream layers of each that no other way leads to: the picture
// of all references is a knot. References to what is no layer, and those that close a
// circle, are left out.
func direct(layers []Layer) map[string][]string {
	position := map[string]int{}
	for i, layer := range layers {
		position[layer.Name] = i
	}
	reach := map[string]map[string]bool{} // all that a layer stands on
	all := map[string][]string{}
	for i, layer := range layers {
		reach[layer.Name] = map[string]bool{}
		for _, name := range layer.Upstream {
			if at, known := position[name]; known && at < i && !slices.Contains(all[layer.Name], name) {
				all[layer.Name] = append(all[layer.Name], name)
				reach[layer.Name][name] = true
				for each := range reach[name] {
					reach[layer.Name][each] = true
				}
			}
		}
	}
	kept := map[string][]string{}
	for _, layer := range layers {
		for _, name := range all[layer.Name] {
			around := slices.ContainsFunc(all[layer.Name], func(other string) bool { return other != name && reach[other][name] })
			if !around {
				kept[layer.Name] = append(kept[layer.Name], name)
			}
		}
	}
	return kept
}

// columnsOf puts each layer one column behind the last of those that it stands on, and
// in a column near to them.
func columnsOf(layers []Layer, upstream map[string][]string) [][]string {
	rank := map[string]int{}
	var columns [][]string
	for _, layer := range layers {
		r := 0
		for _, name := range upstream[layer.Name] {
			r = max(r, rank[name]+1)
		}
		rank[layer.Name] = r
		for len(columns) <= r {
			columns = append(columns, nil)
		}
		columns[r] = append(columns[r], layer.Name)
	}
	height := map[string]float64{} // of a layer in its column, from 0 to 1
	for _, column := range columns {
		wanted := map[string]float64{}
		for i, name := range column {
			wanted[name] = float64(i+1) / float64(len(column)+1)
			if above := upstream[name]; len(above) > 0 {
				sum := 0.0
				for _, each := range above {
					sum += height[each]
				}
				wanted[name] = sum / float64(len(above))
			}
		}
		sort.SliceStable(column, func(i, j int) bool { return wanted[column[i]] < wanted[column[j]] })
		for i, name := range column {
			height[name] = float64(i+1) / float64(len(column)+1)
		}
	}
	return columns
}

// shorten cuts the end of a text that has no room.
func shorten(of string, most int) string {
	characters := []rune(of)
	if len(characters) <= most {
		return of
	}
	return string(characters[:most-1]) + "…"
}

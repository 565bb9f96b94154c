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
	wayHeight  = 8 // of a line that passes a column
	margin     = 8
)

// draw lays the layers out. of says how each stands; a note goes below its name.
func draw(layers []Layer, of func(name string) (State, string)) *drawing {
	if len(layers) == 0 {
		return nil
	}
	upstream := direct(layers)
	columns, ways := columnsOf(layers, upstream)
	d := &drawing{}
	places := map[string]node{}
	tallest := 0
	for _, column := range columns {
		tallest = max(tallest, heightOf(column))
	}
	d.Width = 2*margin + len(columns)*nodeWidth + (len(columns)-1)*columnGap
	d.Height = 2*margin + tallest
	var words []string
	for c, column := range columns {
		y := (d.Height - heightOf(column)) / 2
		for _, each := range column {
			name, x := each.layer, margin+c*(nodeWidth+columnGap)
			if each.way {
				places[name] = node{X: x, Y: y + wayHeight/2 - nodeHeight/2}
				y += wayHeight + rowGap
				continue
			}
			status, note := of(name)
			n := node{X: x, Y: y, W: nodeWidth, H: nodeHeight, Name: shorten(say(name, maxName), 12), Note: shorten(note, 18), State: status}
			n.TextX, n.NameY, n.NoteY = n.X+9, n.Y+20, n.Y+36
			y += nodeHeight + rowGap
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
			at := places[name]
			path := fmt.Sprintf("M%d %d", at.X+nodeWidth, at.Y+nodeHeight/2)
			for _, next := range append(ways[[2]string{name, layer.Name}], layer.Name) {
				place := places[next]
				x1, y1, x2, y2 := at.X+nodeWidth, at.Y+nodeHeight/2, place.X, place.Y+nodeHeight/2
				bend := (x2 - x1) / 2
				path += fmt.Sprintf("C%d %d %d %d %d %d", x1+bend, y1, x2-bend, y2, x2, y2)
				if next != layer.Name {
					path += fmt.Sprintf("H%d", x2+nodeWidth)
				}
				at = place
			}
			d.Edges = append(d.Edges, edge{Path: path, Class: to.State.Class})
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

// slot is a place in a column: of a layer, or of the way that a line takes past the
// layers of a column between its ends.
type slot struct {
	layer string // of a way a name of its own
	way   bool
}

func heightOf(column []slot) int {
	height := -rowGap
	for _, each := range column {
		height += nodeHeight + rowGap
		if each.way {
			height += wayHeight - nodeHeight
		}
	}
	return height
}

// columnsOf puts each layer one column behind the last of those that it stands on, and
// in a column near to them. ways has, by the ends of a line, the slots that it goes by.
func columnsOf(layers []Layer, upstream map[string][]string) (columns [][]slot, ways map[[2]string][]string) {
	rank, near := map[string]int{}, map[string][]string{} // near: the slots before, to which a line leads
	ways = map[[2]string][]string{}
	put := func(r int, s slot) {
		for len(columns) <= r {
			columns = append(columns, nil)
		}
		columns[r] = append(columns[r], s)
	}
	for _, layer := range layers {
		r := 0
		for _, name := range upstream[layer.Name] {
			r = max(r, rank[name]+1)
		}
		rank[layer.Name] = r
		put(r, slot{layer: layer.Name})
		for _, name := range upstream[layer.Name] {
			last := name
			for between := rank[name] + 1; between < r; between++ {
				way := fmt.Sprintf("%s\x00%s\x00%d", name, layer.Name, between)
				put(between, slot{layer: way, way: true})
				near[way] = []string{last}
				ways[[2]string{name, layer.Name}] = append(ways[[2]string{name, layer.Name}], way)
				last = way
			}
			near[layer.Name] = append(near[layer.Name], last)
		}
	}
	order(columns, near)
	return columns, ways
}

// order sorts each column by where those stand to which its slots have lines.
func order(columns [][]slot, near map[string][]string) {
	height := map[string]float64{} // of a slot in its column, from 0 to 1
	for _, column := range columns {
		wanted := map[string]float64{}
		for i, each := range column {
			wanted[each.layer] = float64(i+1) / float64(len(column)+1)
			if before := near[each.layer]; len(before) > 0 {
				sum := 0.0
				for _, name := range before {
					sum += height[name]
				}
				wanted[each.layer] = sum / float64(len(before))
			}
		}
		sort.SliceStable(column, func(i, j int) bool { return wanted[column[i].layer] < wanted[column[j].layer] })
		for i, each := range column {
			height[each.layer] = float64(i+1) / float64(len(column)+1)
		}
	}
}

// shorten cuts the end of a text that has no room.
func shorten(of string, most int) string {
	characters := []rune(of)
	if len(characters) <= most {
		return of
	}
	return string(characters[:most-1]) + "…"
}

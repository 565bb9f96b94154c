package view

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// EdgeJSON is one edge of the layer graph with the references that make it.
type EdgeJSON struct {
	From       string          `json:"from"` // the layer that refers
	To         string          `json:"to"`   // the layer referred to
	References []ReferenceJSON `json:"references"`
}

// ReferenceJSON is one reference between layers.
type ReferenceJSON struct {
	Output    string `json:"output,omitempty"`
	File      string `json:"file"`
	Line      int    `json:"line"`
	DependsOn bool   `json:"depends_on,omitempty"`
	Through   string `json:"through,omitempty"`
}

// GraphJSON is the layer graph; layers are in an order in which they apply.
type GraphJSON struct {
	Layers []string   `json:"layers"`
	Edges  []EdgeJSON `json:"edges"`
}

// GraphOf gives the graph of a root.
func GraphOf(root *environment.Root) (GraphJSON, error) {
	order, err := root.Graph().Order()
	if err != nil {
		return GraphJSON{}, err
	}
	g := GraphJSON{Layers: order, Edges: []EdgeJSON{}}
	for _, layer := range root.Layers {
		edges := map[string][]ReferenceJSON{}
		for _, r := range layer.References {
			edges[r.To] = append(edges[r.To], ReferenceJSON{r.Output, r.Location.File, r.Location.Line, r.DependsOn, r.Through})
		}
		targets := make([]string, 0, len(edges))
		for to := range edges {
			targets = append(targets, to)
		}
		sort.Strings(targets)
		for _, to := range targets {
			g.Edges = append(g.Edges, EdgeJSON{From: layer.Name, To: to, References: edges[to]})
		}
	}
	return g, nil
}

// GraphText writes the graph for people.
func GraphText(w io.Writer, g GraphJSON) {
	for _, layer := range g.Layers {
		fmt.Fprintln(w, layer)
		for _, e := range g.Edges {
			if e.From != layer {
				continue
			}
			fmt.Fprintf(w, "  ← %s\n", e.To)
			for _, r := range e.References {
				fmt.Fprintf(w, "      %s  %s:%d%s\n", label(e.To, r), r.File, r.Line, through(r))
			}
		}
	}
}

func label(to string, r ReferenceJSON) string {
	switch {
	case r.DependsOn:
		return "depends_on module." + to
	case r.Output == "":
		return "module." + to
	}
	return "module." + to + "." + r.Output
}

func through(r ReferenceJSON) string {
	if r.Through == "" {
		return ""
	}
	return " through " + r.Through
}

// GraphDot writes the graph for Graphviz.
func GraphDot(w io.Writer, g GraphJSON) {
	fmt.Fprintln(w, "digraph layers {\n  rankdir = LR;\n  node [shape = box];")
	for _, layer := range g.Layers {
		fmt.Fprintf(w, "  %q;\n", layer)
	}
	for _, e := range g.Edges {
		fmt.Fprintf(w, "  %q -> %q [label = %q];\n", e.To, e.From, strings.Join(outputsOf(e), "\n"))
	}
	fmt.Fprintln(w, "}")
}

// GraphMermaid writes the graph as a Mermaid flowchart.
func GraphMermaid(w io.Writer, g GraphJSON) {
	fmt.Fprintln(w, "flowchart LR")
	for _, layer := range g.Layers {
		fmt.Fprintf(w, "  %s[\"%s\"]\n", mermaidID(layer), layer)
	}
	for _, e := range g.Edges {
		fmt.Fprintf(w, "  %s -->|\"%s\"| %s\n", mermaidID(e.To), strings.Join(outputsOf(e), "<br>"), mermaidID(e.From))
	}
}

// mermaidID keeps names clear of Mermaid's own words, such as "end".
func mermaidID(layer string) string { return "layer_" + strings.ReplaceAll(layer, "-", "_") }

func outputsOf(e EdgeJSON) []string {
	seen := map[string]bool{}
	var names []string
	for _, r := range e.References {
		name := r.Output
		if r.DependsOn {
			name = "depends_on"
		} else if name == "" {
			name = "(all)"
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

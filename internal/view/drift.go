package view

import (
	"fmt"
	"io"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Drift writes what differs from what was deployed, by layer.
func Drift(w io.Writer, d *engine.Drift, palette Palette) {
	if d.Count() == 0 {
		fmt.Fprintf(w, "%s is as it was deployed: nothing differs in %s.\n", d.Environment, plural(len(d.Layers), "layer"))
		return
	}
	for _, layer := range d.Layers {
		if len(layer.Resources) == 0 {
			continue
		}
		fmt.Fprintln(w, palette.paint(bold, nameOf(layer)))
		for _, r := range layer.Resources {
			writeDrifted(w, r, palette)
		}
	}
	fmt.Fprintf(w, "\n%s in %s\n", palette.paint(bold, differ(d.Count())+" from what was deployed"), d.Environment)
	if last := d.Deployment; last != nil {
		fmt.Fprintf(w, "%s\n", palette.paint(faint, fmt.Sprintf("last %s: run %s by %s, %s", last.Operation, last.ID, last.User, last.StartedAt.Local().Format(time.DateTime))))
	}
}

func differ(n int) string {
	if n == 1 {
		return "1 resource differs"
	}
	return fmt.Sprintf("%d resources differ", n)
}

func nameOf(layer engine.LayerDrift) string {
	if layer.Name == "" {
		return "(outside the layers)"
	}
	return layer.Name
}

func writeDrifted(w io.Writer, r change.Drifted, palette Palette) {
	sign, colour, note := "~", yellow, ""
	if r.Missing {
		sign, colour, note = "-", red, "  is gone"
	}
	if r.Stateful {
		note += "  (holds data)"
	}
	fmt.Fprintf(w, "  %s %s%s\n", palette.paint(colour, sign), r.Address, palette.paint(colour, note))
	for i, a := range r.Attributes {
		if i == mostAttributes {
			fmt.Fprintf(w, "      … and %s\n", plural(len(r.Attributes)-i, "more attribute"))
			break
		}
		fmt.Fprintf(w, "      %s: %s → %s\n", a.Path, a.Before, a.After)
	}
}

// DriftJSON is the JSON form of a drift.
type DriftJSON struct {
	Environment string           `json:"environment"`
	Release     string           `json:"release,omitempty"`
	Deployment  string           `json:"deployment,omitempty"` // id of the last one
	Differ      int              `json:"differ"`               // how many resources
	Layers      []LayerDriftJSON `json:"layers"`
	Issue       *IssueJSON       `json:"issue,omitempty"` // with --issue
}

// IssueJSON tells what became of the issue of a drift.
type IssueJSON struct {
	Repository string      `json:"repository,omitempty"` // owner/name
	Outcome    string      `json:"outcome,omitempty"`    // created, updated, unchanged, closed or none
	URL        string      `json:"url,omitempty"`
	Errors     []ErrorJSON `json:"errors,omitempty"` // why it was not told
}

// LayerDriftJSON is one layer of a DriftJSON.
type LayerDriftJSON struct {
	Name      string        `json:"name"`
	Resources []DriftedJSON `json:"resources"`
}

// DriftedJSON is one resource of a DriftJSON.
type DriftedJSON struct {
	Address    string             `json:"address"`
	Type       string             `json:"type"`
	Missing    bool               `json:"missing"`
	Stateful   bool               `json:"stateful"`
	Attributes []DriftedAttribute `json:"attributes"`
}

// DriftedAttribute is one attribute of a DriftedJSON. Texts are never told.
type DriftedAttribute struct {
	Path     string `json:"path"`
	Deployed string `json:"deployed"`
	Now      string `json:"now"`
}

// DriftForJSON gives the JSON form of a drift.
func DriftForJSON(d *engine.Drift) DriftJSON {
	out := DriftJSON{Environment: d.Environment, Release: d.Release, Differ: d.Count(), Layers: []LayerDriftJSON{}}
	if d.Deployment != nil {
		out.Deployment = d.Deployment.ID
	}
	for _, layer := range d.Layers {
		line := LayerDriftJSON{Name: layer.Name, Resources: []DriftedJSON{}}
		for _, r := range layer.Resources {
			each := DriftedJSON{Address: r.Address, Type: r.Type, Missing: r.Missing, Stateful: r.Stateful, Attributes: []DriftedAttribute{}}
			for _, a := range r.Attributes {
				each.Attributes = append(each.Attributes, DriftedAttribute{Path: a.Path, Deployed: a.Before, Now: a.After})
			}
			line.Resources = append(line.Resources, each)
		}
		out.Layers = append(out.Layers, line)
	}
	return out
}

package comment

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// DriftLabel is the label of the issues that tell of drift.
const DriftLabel = "drift"

const (
	driftBegin       = "<!-- mandala-deploy drift "
	driftDigestBegin = "<!-- mandala-deploy drift-digest "
	driftGoneBegin   = "<!-- mandala-deploy drift-gone "
)

// DriftMarker gives the hidden text with which the issue of an environment's
// drift begins.
func DriftMarker(environment string) string { return driftBegin + encode(environment) + hiddenEnd }

// DriftGoneMarker gives that of the comment with which the issue is closed.
func DriftGoneMarker(environment string) string {
	return driftGoneBegin + encode(environment) + hiddenEnd
}

// Drift writes the issue of an environment's drift: layers, addresses and counts,
// no values. previous is the text that it takes the place of, "" for none: where
// the drift is still the same, so is the text.
func Drift(d *engine.Drift, previous string, options Options) (title, body string) {
	if options.Limit <= 0 {
		options.Limit = Limit
	}
	r := renderer{options: options}
	name := code(d.Environment, maxName)
	title = fmt.Sprintf("Drift in %s: %s", secrecy.Cut(secrecy.Visible(secrecy.Hide(d.Environment)), maxName), differing(d.Count()))
	marker, foot := DriftMarker(d.Environment)+"\n", r.foot()
	digest := driftDigestBegin + encode(driftDigest(d)) + hiddenEnd + "\n\n"
	if told, ok := strings.CutPrefix(strings.ReplaceAll(previous, "\r\n", "\n"), marker); ok && strings.HasPrefix(told, digest) {
		return title, previous
	}
	head := marker + digest + differing(d.Count()) + " in AWS from what was deployed to " + name + ".\n\n"
	tail := "\n" + next(d.Environment)
	most := options.Limit - len(head) - len(tail) - len(foot)
	layers := driftedLayers(d, most/4)
	return title, head + layers + driftedResources(d, most-len(layers)) + tail + foot
}

// DriftGone writes the comment with which the issue is closed.
func DriftGone(environment string, options Options) string {
	r := renderer{options: options}
	return DriftGoneMarker(environment) + "\n\n" + "✅ " + code(environment, maxName) + " is as it was deployed: nothing differs any more.\n" + r.foot()
}

func differing(n int) string {
	if n == 1 {
		return "1 resource differs"
	}
	return fmt.Sprintf("%d resources differ", n)
}

// next says what can be done.
func next(environment string) string {
	word, ok := secrecy.ShellWord(environment)
	if !ok {
		return "This issue is closed once nothing differs.\n"
	}
	return fence("", []string{"mandala-deploy drift " + word + "   # what differs", "mandala-deploy plan " + word + "    # what an apply would put back"}) +
		"\nThis issue is closed once nothing differs.\n"
}

// driftDigest tells one drift from another: by what is told of it.
func driftDigest(d *engine.Drift) string {
	sum := sha256.New()
	for _, l := range d.Layers {
		for _, r := range l.Resources {
			fmt.Fprintf(sum, "%q %q %v %v %d\n", l.Name, r.Address, r.Missing, r.Stateful, len(r.Attributes))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// driftedLayers counts, for each layer in which something differs.
func driftedLayers(d *engine.Drift, most int) string {
	var lines []string
	for _, l := range d.Layers {
		if len(l.Resources) == 0 {
			continue
		}
		gone, data := 0, 0
		for _, r := range l.Resources {
			if r.Missing {
				gone++
			}
			if r.Stateful {
				data++
			}
		}
		name := "(outside the layers)"
		if l.Name != "" {
			name = text(l.Name, maxName)
		}
		lines = append(lines, fmt.Sprintf("| %s | %d | %d | %d |\n", name, len(l.Resources), gone, data))
	}
	return rows("| layer | differ | of them gone | of them hold data |\n| --- | ---: | ---: | ---: |\n", lines, "\n", most, func(from int) string {
		return fmt.Sprintf("| %s more | | | |\n", plural(len(lines)-from, "layer"))
	})
}

// driftedResources lists what differs, what is lost of data first.
func driftedResources(d *engine.Drift, most int) string {
	var all []change.Drifted
	for _, l := range d.Layers {
		all = append(all, l.Resources...)
	}
	slices.SortStableFunc(all, func(a, b change.Drifted) int { return cmp.Compare(driftRisk(a), driftRisk(b)) })
	lines := make([]string, len(all))
	for i, r := range all {
		what, data := plural(len(r.Attributes), "attribute"), ""
		if r.Missing {
			what = "gone"
		}
		if r.Stateful {
			data = "**yes**"
		}
		lines[i] = fmt.Sprintf("| %s | %s | %s |\n", code(r.Address, maxAddress), what, data)
	}
	return rows("| resource | differs | holds data |\n| --- | --- | --- |\n", lines, "", most, func(from int) string {
		return fmt.Sprintf("| %s more | | |\n", plural(len(lines)-from, "resource"))
	})
}

func driftRisk(r change.Drifted) int {
	risk := 0
	if !r.Missing {
		risk += 2
	}
	if !r.Stateful {
		risk++
	}
	return risk
}
